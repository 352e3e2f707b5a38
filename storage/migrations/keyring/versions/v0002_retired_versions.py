"""Retired versions of the key-encryption key."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this form."""
    with op.batch_alter_table("meta", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retired_kek", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Go back to the form before."""
    with op.batch_alter_table("meta", schema=None) as batch_op:
        batch_op.drop_column("retired_kek")
