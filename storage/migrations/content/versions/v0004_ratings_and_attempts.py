"""Ratings by oneself and by peers; who is at a job of feedback, and what its attempt may use."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this form."""
    # No version before this one wrote a job, so there is none to take along.
    _drop_jobs()
    op.create_table(
        "ai_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("server_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enc_options", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("interrupted", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("leased_until_at", sa.BigInteger(), nullable=True),
        sa.Column("not_before_at", sa.BigInteger(), nullable=False),
        sa.Column("reserved_tokens", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["subject.id"], name=op.f("fk_ai_job_owner_id")),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcript.id"], name=op.f("fk_ai_job_transcript_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_job")),
    )
    _index_jobs()
    op.create_table(
        "reservation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("server_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("month", sa.String(length=10), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("leased_until_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
    )
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reservation_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_reservation_idx"), ["idx"], unique=False)
        batch_op.create_index(batch_op.f("ix_reservation_leased_until_at"), ["leased_until_at"], unique=False)
    op.create_table(
        "rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("rated_id", sa.Uuid(), nullable=False),
        sa.Column("rater_id", sa.Uuid(), nullable=False),
        sa.Column("enc_body", sa.LargeBinary(), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["rated_id"], ["subject.id"], name=op.f("fk_rating_rated_id")),
        sa.ForeignKeyConstraint(["rater_id"], ["subject.id"], name=op.f("fk_rating_rater_id")),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcript.id"], name=op.f("fk_rating_transcript_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint(
            "transcript_id", "rated_id", "rater_id", name=op.f("uq_rating_transcript_id_rated_id_rater_id")
        ),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_rated_id"), ["rated_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rating_rater_id"), ["rater_id"], unique=False)


def downgrade() -> None:
    """Go back to the form before, without ratings and without what is under way."""
    op.drop_table("rating")
    op.drop_table("reservation")
    _drop_jobs()
    op.create_table(
        "ai_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before_at", sa.BigInteger(), nullable=False),
        sa.Column("reserved_tokens", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["subject.id"], name=op.f("fk_ai_job_owner_id")),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcript.id"], name=op.f("fk_ai_job_transcript_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_job")),
    )
    _index_jobs()


def _drop_jobs() -> None:
    with op.batch_alter_table("ai_job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ai_job_transcript_id"))
        batch_op.drop_index(batch_op.f("ix_ai_job_state_not_before_at"))
        batch_op.drop_index(batch_op.f("ix_ai_job_owner_id"))
    op.drop_table("ai_job")


def _index_jobs() -> None:
    with op.batch_alter_table("ai_job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ai_job_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ai_job_state_not_before_at"), ["state", "not_before_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ai_job_transcript_id"), ["transcript_id"], unique=False)
