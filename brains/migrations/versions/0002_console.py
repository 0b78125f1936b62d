"""Gaps as work, people and their sessions, the audit log, broadcasts, imports, questions asked.

Revision: 0002
"""

import datetime as dt
import math

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# What is in the audit log stays as it is: the database itself refuses.
REFUSALS = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    ],
}
HEAT_HALF_LIFE_DAYS = 7
EPOCH = dt.date(1970, 1, 1).toordinal()


def upgrade() -> None:
    op.create_table(
        "accepted_conflicts",
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brain", "key", name="pk_accepted_conflicts"),
    )
    op.create_table(
        "asked",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("entry_brain", sa.String(length=120), nullable=True),
        sa.Column("entry", sa.String(length=120), nullable=True),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("fingerprint", sa.String(length=200), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_asked"),
    )
    op.create_index("ix_asked_asked_at", "asked", ["asked_at"], unique=False)
    op.create_index("ix_asked_brain_id", "asked", ["brain", "id"], unique=False)
    op.create_index("ix_asked_conversation", "asked", ["conversation"], unique=False)
    op.create_index(
        "ix_asked_entry_brain_entry", "asked", ["entry_brain", "entry", "id"], unique=False
    )
    op.create_table(
        "audit",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("brain", sa.String(length=120), nullable=True),
        sa.Column("body", sa.String(length=120), nullable=True),
        sa.Column("object", sa.String(length=241), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_body", "audit", ["body", "id"], unique=False)
    op.create_index("ix_audit_brain", "audit", ["brain", "id"], unique=False)
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("issuer", sa.String(length=300), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("scope", sa.String(length=130), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link_hash", sa.String(length=64), nullable=True),
        sa.Column("link_expires", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("email", name="uq_people_email"),
        sa.UniqueConstraint("issuer", "subject", name="uq_people_issuer"),
        sa.UniqueConstraint("link_hash", name="uq_people_link_hash"),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )
    op.create_table(
        "broadcasts",
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brain"], ["brains.id"], name="fk_broadcasts_brain"),
        sa.PrimaryKeyConstraint("brain", "id", name="pk_broadcasts"),
    )
    op.create_table(
        "gap_days",
        sa.Column("gap", sa.String(length=120), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["gap"], ["gaps.id"], name="fk_gap_days_gap", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("gap", "day", name="pk_gap_days"),
    )
    op.create_table(
        "gap_events",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("gap", sa.String(length=120), nullable=False),
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["gap"], ["gaps.id"], name="fk_gap_events_gap", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_gap_events"),
    )
    op.create_index("ix_gap_events_brain_kind", "gap_events", ["brain", "kind", "at"], unique=False)
    op.create_index("ix_gap_events_gap", "gap_events", ["gap", "id"], unique=False)
    op.create_table(
        "gap_spared",
        sa.Column("gap", sa.String(length=120), nullable=False),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["gap"], ["gaps.id"], name="fk_gap_spared_gap", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("gap", "body", name="pk_gap_spared"),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String(length=300), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brain"], ["brains.id"], name="fk_imports_brain"),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index("ix_imports_brain_at", "imports", ["brain", "at"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["people.id"], name="fk_sessions_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_last_seen", "sessions", ["last_seen"], unique=False)
    op.create_index("ix_sessions_person", "sessions", ["person"], unique=False)
    op.create_table(
        "entry_notes",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("brain", sa.String(length=120), nullable=False),
        sa.Column("entry", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brain", "entry"], ["entries.brain", "entries.id"], name="fk_entry_notes_entry"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_entry_notes"),
    )
    op.create_index("ix_entry_notes_entry", "entry_notes", ["brain", "entry", "id"], unique=False)
    op.add_column(
        "gap_questions",
        sa.Column("reason", sa.String(length=12), server_default="unanswered", nullable=False),
    )
    op.add_column("gap_questions", sa.Column("entry", sa.String(length=120), nullable=True))
    op.add_column("gap_questions", sa.Column("revision", sa.Integer(), nullable=True))
    op.add_column("gap_questions", sa.Column("vector", sa.LargeBinary(), nullable=True))
    op.add_column("gap_questions", sa.Column("came_from", sa.String(length=120), nullable=True))
    op.add_column("gap_questions", sa.Column("fixed", sa.Boolean(), nullable=True))
    op.add_column(
        "gap_questions", sa.Column("asked_again_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("gaps", sa.Column("answered_how", sa.String(length=10), nullable=True))
    op.add_column("gaps", sa.Column("unhelpful", sa.Integer(), server_default="0", nullable=False))
    op.add_column("gaps", sa.Column("title", sa.Text(), nullable=True))
    op.add_column("gaps", sa.Column("heat", sa.Float(), server_default="0", nullable=False))
    op.add_column("gaps", sa.Column("priority", sa.Float(), server_default="0", nullable=False))
    op.add_column("gaps", sa.Column("owner_shares", sa.Text(), server_default="{}", nullable=False))
    op.add_column("gaps", sa.Column("assignee", sa.String(length=120), nullable=True))
    op.add_column("gaps", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("gaps", sa.Column("dismiss_reason", sa.String(length=20), nullable=True))
    op.add_column("gaps", sa.Column("forwarded_to", sa.String(length=130), nullable=True))
    op.add_column("gaps", sa.Column("merged_into", sa.String(length=120), nullable=True))
    op.add_column("gaps", sa.Column("touched_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_gaps_brain_answered_by", "gaps", ["brain", "answered_by"], unique=False)
    op.create_index(
        "ix_gaps_brain_status_priority", "gaps", ["brain", "status", "priority", "id"], unique=False
    )
    _heat_of_what_is_there()
    for statement in REFUSALS[op.get_bind().dialect.name]:
        op.execute(statement)


def _heat_of_what_is_there() -> None:
    """As if all of a gap's questions had been asked when the last one was."""
    gaps = sa.table(
        "gaps",
        sa.column("id", sa.String),
        sa.column("size", sa.Integer),
        sa.column("last_seen", sa.DateTime(timezone=True)),
        sa.column("heat", sa.Float),
        sa.column("priority", sa.Float),
    )
    for row in op.get_bind().execute(sa.select(gaps)).all():
        days = row.last_seen.replace(tzinfo=dt.UTC).date().toordinal() - EPOCH
        heat = days / HEAT_HALF_LIFE_DAYS + math.log2(row.size)
        op.get_bind().execute(
            sa.update(gaps).where(gaps.c.id == row.id).values(heat=heat, priority=heat)
        )
