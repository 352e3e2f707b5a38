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
        "analytics_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pseudonym", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("props", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analytics_event")),
    )
    with op.batch_alter_table("analytics_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_analytics_event_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_analytics_event_pseudonym"), ["pseudonym"], unique=False)

    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("idx", sa.LargeBinary(length=32), nullable=True),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_idx"), ["idx"], unique=False)

    op.create_table(
        "budget",
        sa.Column("idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("reserved_tokens", sa.BigInteger(), nullable=False),
        sa.Column("spent_tokens", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("idx", "period", name=op.f("pk_budget")),
    )
    with op.batch_alter_table("budget", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_budget_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "consent_link",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_consent_link")),
    )
    op.create_table(
        "idempotency",
        sa.Column("interaction_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("result_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("interaction_idx", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "live_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enc_location", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("posted", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_message")),
    )
    with op.batch_alter_table("live_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_live_message_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "meta",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_meta_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meta")),
    )
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    with op.batch_alter_table("retention_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retention_run_started_at"), ["started_at"], unique=False)

    op.create_table(
        "subject",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enc_discord_id", sa.LargeBinary(), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
        sa.UniqueConstraint("idx", name=op.f("uq_subject_idx")),
    )
    op.create_table(
        "consent_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.String(length=40), nullable=False),
        sa.Column("policy_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("interaction_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enc_detail", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["consent_link.seq"], name=op.f("fk_consent_event_seq")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_consent_event_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_event")),
        sa.UniqueConstraint("interaction_idx", "purpose", name=op.f("uq_consent_event_interaction_idx_purpose")),
        sa.UniqueConstraint("seq", name=op.f("uq_consent_event_seq")),
    )
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consent_event_subject_id_purpose_seq"), ["subject_id", "purpose", "seq"], unique=False
        )

    op.create_table(
        "request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("enc_detail", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("code_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_request_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
    )
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "transcript",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("enc_title", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["subject.id"], name=op.f("fk_transcript_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript")),
        sa.UniqueConstraint("owner_id", "number", name=op.f("uq_transcript_owner_id_number")),
    )
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
    with op.batch_alter_table("ai_job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ai_job_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ai_job_state_not_before_at"), ["state", "not_before_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ai_job_transcript_id"), ["transcript_id"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("enc_body", sa.LargeBinary(), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("schema_ver", sa.Integer(), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["subject.id"], name=op.f("fk_feedback_owner_id")),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcript.id"], name=op.f("fk_feedback_transcript_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_transcript_id"), ["transcript_id"], unique=False)

    op.create_table(
        "share",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.Column("enc_grant", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["subject.id"], name=op.f("fk_share_reader_id")),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcript.id"], name=op.f("fk_share_transcript_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share")),
        sa.UniqueConstraint("transcript_id", "reader_id", name=op.f("uq_share_transcript_id_reader_id")),
    )
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_share_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_share_reader_id"), ["reader_id"], unique=False)

    op.create_table(
        "turn",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transcript_id", sa.Uuid(), nullable=False),
        sa.Column("speaker_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("enc_body", sa.LargeBinary(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["speaker_id"], ["subject.id"], name=op.f("fk_turn_speaker_id")),
        sa.ForeignKeyConstraint(["transcript_id"], ["transcript.id"], name=op.f("fk_turn_transcript_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turn")),
        sa.UniqueConstraint("transcript_id", "seq", name=op.f("uq_turn_transcript_id_seq")),
    )
    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_turn_speaker_id"), ["speaker_id"], unique=False)
    op.execute("INSERT INTO meta (id, generation) VALUES (1, 0)")


def downgrade() -> None:
    """Go back to the form before."""
    with op.batch_alter_table("turn", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_turn_speaker_id"))

    op.drop_table("turn")
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_share_reader_id"))
        batch_op.drop_index(batch_op.f("ix_share_expires_at"))

    op.drop_table("share")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_transcript_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_owner_id"))

    op.drop_table("feedback")
    with op.batch_alter_table("ai_job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ai_job_transcript_id"))
        batch_op.drop_index(batch_op.f("ix_ai_job_state_not_before_at"))
        batch_op.drop_index(batch_op.f("ix_ai_job_owner_id"))

    op.drop_table("ai_job")
    op.drop_table("transcript")
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_subject_id"))
        batch_op.drop_index(batch_op.f("ix_request_due_at"))

    op.drop_table("request")
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_event_subject_id_purpose_seq"))

    op.drop_table("consent_event")
    op.drop_table("subject")
    with op.batch_alter_table("retention_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_retention_run_started_at"))

    op.drop_table("retention_run")
    op.drop_table("meta")
    with op.batch_alter_table("live_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_live_message_expires_at"))

    op.drop_table("live_message")
    op.drop_table("lease")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_expires_at"))

    op.drop_table("idempotency")
    op.drop_table("consent_link")
    with op.batch_alter_table("budget", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_budget_expires_at"))

    op.drop_table("budget")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_idx"))
        batch_op.drop_index(batch_op.f("ix_audit_expires_at"))

    op.drop_table("audit")
    with op.batch_alter_table("analytics_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_analytics_event_pseudonym"))
        batch_op.drop_index(batch_op.f("ix_analytics_event_expires_at"))

    op.drop_table("analytics_event")
