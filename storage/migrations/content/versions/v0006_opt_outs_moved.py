"""Who is never to be heard is in the keyring from now on; `storage.migrations.moved` has taken the rows there."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this form."""
    op.drop_table("opt_out")


def downgrade() -> None:
    """Go back to the form before, without who is never to be heard; what they agreed to stays taken back."""
    op.create_table(
        "opt_out",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_opt_out_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_opt_out")),
    )
