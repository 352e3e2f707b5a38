"""Who is never to be heard, and the number of the last withdrawal."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this form."""
    op.create_table(
        "opt_out",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_opt_out")),
        sa.UniqueConstraint("idx", name=op.f("uq_opt_out_idx")),
    )
    with op.batch_alter_table("meta", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ledger_seq", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Go back to the form before, without who is never to be heard; what they agreed to stays taken back."""
    with op.batch_alter_table("meta", schema=None) as batch_op:
        batch_op.drop_column("ledger_seq")
    op.drop_table("opt_out")
