"""Preferences, questions of servers, partners."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this form."""
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("one_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("other_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enc_place", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_one_idx"), ["one_idx"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_other_idx"), ["other_idx"], unique=False)

    op.create_table(
        "guild_question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("enc_body", sa.LargeBinary(), nullable=False),
        sa.Column("created_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["subject.id"], name=op.f("fk_guild_question_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guild_question")),
    )
    with op.batch_alter_table("guild_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guild_question_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_guild_question_server_idx"), ["server_idx"], unique=False)

    op.create_table(
        "preference",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("enc_body", sa.LargeBinary(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_preference_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_preference")),
    )
    op.create_table(
        "queue_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("server_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("bucket_idx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enc_body", sa.LargeBinary(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_queue_entry_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_entry")),
        sa.UniqueConstraint("subject_id", "server_idx", name=op.f("uq_queue_entry_subject_id_server_idx")),
    )
    with op.batch_alter_table("queue_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_queue_entry_bucket_idx"), ["bucket_idx"], unique=False)
        batch_op.create_index(batch_op.f("ix_queue_entry_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_queue_entry_server_idx"), ["server_idx"], unique=False)
        batch_op.create_index(batch_op.f("ix_queue_entry_offer_id"), ["offer_id"], unique=False)


def downgrade() -> None:
    """Go back to the form before."""
    with op.batch_alter_table("queue_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_queue_entry_offer_id"))
        batch_op.drop_index(batch_op.f("ix_queue_entry_server_idx"))
        batch_op.drop_index(batch_op.f("ix_queue_entry_expires_at"))
        batch_op.drop_index(batch_op.f("ix_queue_entry_bucket_idx"))

    op.drop_table("queue_entry")
    op.drop_table("preference")
    with op.batch_alter_table("guild_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_guild_question_server_idx"))
        batch_op.drop_index(batch_op.f("ix_guild_question_author_id"))

    op.drop_table("guild_question")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_other_idx"))
        batch_op.drop_index(batch_op.f("ix_offer_one_idx"))
        batch_op.drop_index(batch_op.f("ix_offer_expires_at"))

    op.drop_table("offer")
