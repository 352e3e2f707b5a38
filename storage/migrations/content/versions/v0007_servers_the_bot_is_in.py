"""Servers that the bot is in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this form."""
    op.create_table(
        "server",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enc_body", sa.LargeBinary(), nullable=False),
        sa.Column("missing_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server")),
        sa.UniqueConstraint("server_idx", name=op.f("uq_server_server_idx")),
    )


def downgrade() -> None:
    """Go back to the form before."""
    op.drop_table("server")
