"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this form."""
    op.create_table(
        "dek",
        sa.Column("dek_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("dek_ver", sa.Integer(), nullable=False),
        sa.Column("kek_ver", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("dek_id", name=op.f("pk_dek")),
        sa.UniqueConstraint("subject_id", "dek_ver", name=op.f("uq_dek_subject_id_dek_ver")),
    )
    with op.batch_alter_table("dek", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dek_kek_ver"), ["kek_ver"], unique=False)

    op.create_table(
        "meta",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_meta_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meta")),
    )
    op.create_table(
        "tombstone",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_tombstone")),
    )
    with op.batch_alter_table("tombstone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tombstone_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tombstone_generation"), ["generation"], unique=False)
    op.execute("INSERT INTO meta (id, generation) VALUES (1, 0)")


def downgrade() -> None:
    """Go back to the form before."""
    with op.batch_alter_table("tombstone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tombstone_generation"))
        batch_op.drop_index(batch_op.f("ix_tombstone_expires_at"))

    op.drop_table("tombstone")
    op.drop_table("meta")
    with op.batch_alter_table("dek", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dek_kek_ver"))

    op.drop_table("dek")
