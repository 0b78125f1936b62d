"""The first schema.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "bodies",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bodies"),
    )
    op.create_table(
        "brains",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_brains"),
    )
    op.create_table(
        "changes",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("brain", sa.String(length=120), nullable=True),
        sa.Column("key", sa.String(length=241), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_changes"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turn_count", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_last_seen", "conversations", ["last_seen"], unique=False)
    op.create_table(
        "gap_clocks",
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("brain", name="pk_gap_clocks"),
    )
    op.create_table(
        "gaps",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nearest", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=200), nullable=False),
        sa.Column("vector_sum", sa.LargeBinary(), nullable=False),
        sa.Column("summary_vector", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=True),
        sa.Column("answered_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_gaps"),
    )
    op.create_index(
        "ix_gaps_brain_status_size", "gaps", ["brain", "status", "size", "id"], unique=False
    )
    op.create_index("ix_gaps_brain_version", "gaps", ["brain", "version"], unique=False)
    op.create_table(
        "keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("scope", sa.String(length=130), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("hash", name="uq_keys_hash"),
    )
    op.create_table(
        "missing_facts",
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("entry", sa.String(length=120), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("body", "key", "brain", "entry", name="pk_missing_facts"),
    )
    op.create_table(
        "usage",
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("entry", sa.String(length=120), nullable=False),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("brain", "entry", "body", "month", name="pk_usage"),
    )
    op.create_table(
        "vectors",
        sa.Column("fingerprint", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "kind", "digest", name="pk_vectors"),
    )
    op.create_table(
        "entries",
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("live_revision", sa.Integer(), nullable=True),
        sa.Column("live_digest", sa.String(length=64), nullable=True),
        sa.Column("imported_digest", sa.String(length=64), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["brain"], ["brains.id"], name="fk_entries_brain"),
        sa.PrimaryKeyConstraint("brain", "id", name="pk_entries"),
    )
    op.create_table(
        "facts",
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["body"], ["bodies.id"], name="fk_facts_body"),
        sa.PrimaryKeyConstraint("body", "key", name="pk_facts"),
    )
    op.create_table(
        "gap_bodies",
        sa.Column("gap", sa.String(length=120), nullable=False),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["gap"], ["gaps.id"], name="fk_gap_bodies_gap", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("gap", "body", name="pk_gap_bodies"),
    )
    op.create_table(
        "gap_questions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("gap", sa.String(length=120), nullable=False),
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["gap"], ["gaps.id"], name="fk_gap_questions_gap", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gap_questions"),
    )
    op.create_index(
        "ix_gap_questions_brain_folded", "gap_questions", ["brain", "folded"], unique=False
    )
    op.create_index(
        "ix_gap_questions_conversation", "gap_questions", ["conversation"], unique=False
    )
    op.create_index("ix_gap_questions_gap", "gap_questions", ["gap", "id"], unique=False)
    op.create_table(
        "remits",
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("topic", sa.String(length=120), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["body"], ["bodies.id"], name="fk_remits_body"),
        sa.PrimaryKeyConstraint("body", "topic", name="pk_remits"),
    )
    op.create_table(
        "turns",
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sender", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation"], ["conversations.id"], name="fk_turns_conversation", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation", "turn", name="pk_turns"),
    )
    op.create_table(
        "entry_revisions",
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("entry", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brain", "entry"], ["entries.brain", "entries.id"], name="fk_entry_revisions_entry"
        ),
        sa.PrimaryKeyConstraint("brain", "entry", "revision", name="pk_entry_revisions"),
    )
    op.create_table(
        "local_answers",
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("entry", sa.String(length=120), nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brain", "entry"], ["entries.brain", "entries.id"], name="fk_local_answers_entry"
        ),
        sa.PrimaryKeyConstraint("brain", "entry", "scope", name="pk_local_answers"),
    )
