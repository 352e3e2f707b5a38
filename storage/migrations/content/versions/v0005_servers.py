"""What servers decide: their settings, who may not practise there, how much is practised, and whose log says what."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this form."""
    op.create_table(
        "guild_setting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enc_body", sa.LargeBinary(), nullable=False),
        sa.Column("month_tokens", sa.BigInteger(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guild_setting")),
        sa.UniqueConstraint("server_idx", name=op.f("uq_guild_setting_server_idx")),
    )
    op.create_table(
        "block",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("blocked_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enc_body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        sa.UniqueConstraint("server_idx", "blocked_idx", name=op.f("uq_block_server_idx_blocked_idx")),
    )
    with op.batch_alter_table("block", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_blocked_idx"), ["blocked_idx"], unique=False)
        batch_op.create_index(batch_op.f("ix_block_expires_at"), ["expires_at"], unique=False)
    op.create_table(
        "usage",
        sa.Column("server_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("server_idx", "idx", "day", name=op.f("pk_usage")),
    )
    with op.batch_alter_table("usage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_usage_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_usage_idx"), ["idx"], unique=False)
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("server_idx", sa.LargeBinary(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_audit_server_idx"), ["server_idx"], unique=False)


def downgrade() -> None:
    """Go back to the form before, without what servers decided."""
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_server_idx"))
        batch_op.drop_column("server_idx")
    op.drop_table("usage")
    op.drop_table("block")
    op.drop_table("guild_setting")
