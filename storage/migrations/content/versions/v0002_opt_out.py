"""People who are never to be heard."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this form."""
    op.create_table(
        "opt_out",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_opt_out_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_opt_out")),
    )


def downgrade() -> None:
    """Go back to the form before."""
    op.drop_table("opt_out")
