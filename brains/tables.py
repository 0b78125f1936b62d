"""The tables, as SQLAlchemy Core metadata. Migrations build them, see `brains.migrations`.

Structs are stored whole, as JSON text in `document`: they are always read
whole, and into memory. Columns beside it are what a query needs. Times are
UTC. The same tables serve SQLite and PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(sa.TypeDecorator[dt.datetime]):
    """A timezone-aware UTC datetime, also on SQLite, which stores none."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a timezone")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        time: dt.datetime = value
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


ID_LENGTH_MAX = 120
_Id = sa.String(ID_LENGTH_MAX)
_Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("number", _Number, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("brain", _Id),
    sa.Column("key", sa.String(2 * ID_LENGTH_MAX + 1), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

brains = sa.Table(
    "brains",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

bodies = sa.Table(
    "bodies",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("brain", _Id, sa.ForeignKey("brains.id"), primary_key=True),
    sa.Column("id", _Id, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("topic", sa.String(200), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("live_revision", sa.Integer),
    sa.Column("live_digest", sa.String(64)),
    sa.Column("imported_digest", sa.String(64)),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

entry_revisions = sa.Table(
    "entry_revisions",
    metadata,
    sa.Column("brain", _Id, primary_key=True),
    sa.Column("entry", _Id, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["brain", "entry"], ["entries.brain", "entries.id"], name="fk_entry_revisions_entry"
    ),
)

local_answers = sa.Table(
    "local_answers",
    metadata,
    sa.Column("brain", _Id, primary_key=True),
    sa.Column("entry", _Id, primary_key=True),
    sa.Column("scope", _Id, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["brain", "entry"], ["entries.brain", "entries.id"], name="fk_local_answers_entry"
    ),
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("body", _Id, sa.ForeignKey("bodies.id"), primary_key=True),
    sa.Column("key", _Id, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

connections = sa.Table(
    "connections",
    metadata,
    sa.Column("body", _Id, sa.ForeignKey("bodies.id"), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

missing_facts = sa.Table(
    "missing_facts",
    metadata,
    sa.Column("body", _Id, primary_key=True),
    sa.Column("key", _Id, primary_key=True),
    sa.Column("brain", _Id, primary_key=True),
    sa.Column("entry", _Id, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("last_seen", UtcDateTime, nullable=False),
)

remits = sa.Table(
    "remits",
    metadata,
    sa.Column("body", _Id, sa.ForeignKey("bodies.id"), primary_key=True),
    sa.Column("topic", _Id, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

vectors = sa.Table(
    "vectors",
    metadata,
    sa.Column("fingerprint", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

gap_clocks = sa.Table(
    "gap_clocks",
    metadata,
    sa.Column("brain", _Id, primary_key=True),
    sa.Column("version", _Number, nullable=False),
)

gaps = sa.Table(
    "gaps",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("brain", _Id, nullable=False),
    sa.Column("version", _Number, nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("first_seen", UtcDateTime, nullable=False),
    sa.Column("last_seen", UtcDateTime, nullable=False),
    sa.Column("nearest", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.String(200), nullable=False),
    sa.Column("vector_sum", sa.LargeBinary, nullable=False),
    sa.Column("summary_vector", sa.LargeBinary, nullable=False),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("closed_by", sa.String(200)),
    sa.Column("answered_by", _Id),
    sa.Column("answered_how", sa.String(10)),
    sa.Column("unhelpful", sa.Integer, nullable=False, server_default="0"),
    sa.Column("title", sa.Text),
    sa.Column("heat", sa.Float, nullable=False, server_default="0"),
    sa.Column("priority", sa.Float, nullable=False, server_default="0"),
    sa.Column("owner_shares", sa.Text, nullable=False, server_default="{}"),
    sa.Column("assignee", _Id),
    sa.Column("snoozed_until", UtcDateTime),
    sa.Column("dismiss_reason", sa.String(20)),
    sa.Column("forwarded_to", sa.String(ID_LENGTH_MAX + 10)),
    sa.Column("merged_into", _Id),
    sa.Column("touched_at", UtcDateTime),
    sa.Index("ix_gaps_brain_version", "brain", "version"),
    sa.Index("ix_gaps_brain_status_size", "brain", "status", "size", "id"),
    sa.Index("ix_gaps_brain_status_priority", "brain", "status", "priority", "id"),
    sa.Index("ix_gaps_brain_answered_by", "brain", "answered_by"),
)

gap_bodies = sa.Table(
    "gap_bodies",
    metadata,
    sa.Column("gap", _Id, sa.ForeignKey("gaps.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("body", _Id, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

gap_questions = sa.Table(
    "gap_questions",
    metadata,
    sa.Column("id", _Number, primary_key=True, autoincrement=True),
    sa.Column("gap", _Id, sa.ForeignKey("gaps.id", ondelete="CASCADE"), nullable=False),
    sa.Column("brain", _Id, nullable=False),
    sa.Column("body", _Id, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("folded", sa.String(64), nullable=False),
    sa.Column("language", sa.String(35), nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("conversation", sa.String(64)),
    sa.Column("turn", sa.Integer),
    sa.Column("reason", sa.String(12), nullable=False, server_default="unanswered"),
    sa.Column("entry", _Id),
    sa.Column("revision", sa.Integer),
    sa.Column("vector", sa.LargeBinary),
    sa.Column("came_from", _Id),
    sa.Column("fixed", sa.Boolean),
    sa.Column("asked_again_at", UtcDateTime),
    sa.Index("ix_gap_questions_gap", "gap", "id"),
    sa.Index("ix_gap_questions_brain_folded", "brain", "folded"),
    sa.Index("ix_gap_questions_conversation", "conversation"),
)

gap_days = sa.Table(
    "gap_days",
    metadata,
    sa.Column("gap", _Id, sa.ForeignKey("gaps.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

gap_events = sa.Table(
    "gap_events",
    metadata,
    sa.Column("id", _Number, primary_key=True, autoincrement=True),
    sa.Column("gap", _Id, sa.ForeignKey("gaps.id", ondelete="CASCADE"), nullable=False),
    sa.Column("brain", _Id, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(200)),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_gap_events_gap", "gap", "id"),
    sa.Index("ix_gap_events_brain_kind", "brain", "kind", "at"),
)

gap_spared = sa.Table(
    "gap_spared",
    metadata,
    sa.Column("gap", _Id, sa.ForeignKey("gaps.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("body", _Id, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
)

asked = sa.Table(
    "asked",
    metadata,
    sa.Column("id", _Number, primary_key=True, autoincrement=True),
    sa.Column("brain", _Id, nullable=False),
    sa.Column("body", _Id, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.String(35), nullable=False),
    sa.Column("outcome", sa.String(12), nullable=False),
    sa.Column("entry_brain", _Id),
    sa.Column("entry", _Id),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Column("fingerprint", sa.String(200), nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Column("conversation", sa.String(64)),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Index("ix_asked_brain_id", "brain", "id"),
    sa.Index("ix_asked_entry_brain_entry", "entry_brain", "entry", "id"),
    sa.Index("ix_asked_conversation", "conversation"),
    sa.Index("ix_asked_asked_at", "asked_at"),
)

broadcasts = sa.Table(
    "broadcasts",
    metadata,
    sa.Column("brain", _Id, sa.ForeignKey("brains.id"), primary_key=True),
    sa.Column("id", _Id, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

entry_notes = sa.Table(
    "entry_notes",
    metadata,
    sa.Column("id", _Number, primary_key=True, autoincrement=True),
    sa.Column("brain", _Id, nullable=False),
    sa.Column("entry", _Id, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["brain", "entry"], ["entries.brain", "entries.id"], name="fk_entry_notes_entry"
    ),
    sa.Index("ix_entry_notes_entry", "brain", "entry", "id"),
)

accepted_conflicts = sa.Table(
    "accepted_conflicts",
    metadata,
    sa.Column("brain", _Id, primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

kept_forms = sa.Table(
    "kept_forms",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column(
        "person", sa.String(64), sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_kept_forms_at", "at"),
    sa.Index("ix_kept_forms_person", "person"),
)

found_conflicts = sa.Table(
    "found_conflicts",
    metadata,
    sa.Column("brain", _Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("found", sa.Text, nullable=False),
)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("brain", _Id, sa.ForeignKey("brains.id"), nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("file_name", sa.String(300), nullable=False),
    sa.Column("format", sa.String(20), nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("entries", sa.Text, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Index("ix_imports_brain_at", "brain", "at"),
)

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("brain", _Id, primary_key=True),
    sa.Column("entry", _Id, primary_key=True),
    sa.Column("body", _Id, primary_key=True),
    sa.Column("month", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("count", sa.Integer, nullable=False),
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("role", sa.String(12), nullable=False),
    sa.Column("scope", sa.String(ID_LENGTH_MAX + 10), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("revoked", UtcDateTime),
    sa.Column("adapter", sa.String(40)),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("email", sa.String(254), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("password_hash", sa.String(200)),
    sa.Column("issuer", sa.String(300)),
    sa.Column("subject", sa.String(255)),
    sa.Column("role", sa.String(12), nullable=False),
    sa.Column("scope", sa.String(ID_LENGTH_MAX + 10), nullable=False),
    sa.Column("language", sa.String(35), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("disabled", UtcDateTime),
    sa.Column("link_hash", sa.String(64)),
    sa.Column("link_expires", UtcDateTime),
    sa.UniqueConstraint("issuer", "subject", name="uq_people_issuer"),
    sa.UniqueConstraint("link_hash", name="uq_people_link_hash"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column(
        "person", sa.String(64), sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("last_seen", UtcDateTime, nullable=False),
    sa.Column("browser", sa.String(80), nullable=False),
    sa.Index("ix_sessions_person", "person"),
    sa.Index("ix_sessions_last_seen", "last_seen"),
)

sign_in_attempts = sa.Table(
    "sign_in_attempts",
    metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("forgotten", UtcDateTime, nullable=False),
    sa.Index("ix_sign_in_attempts_forgotten", "forgotten"),
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(100), nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", _Number, primary_key=True, autoincrement=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("by_id", sa.String(64)),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("brain", _Id),
    sa.Column("body", _Id),
    sa.Column("object", sa.String(2 * ID_LENGTH_MAX + 1), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_audit_brain", "brain", "id"),
    sa.Index("ix_audit_action", "action", "id"),
    sa.Index("ix_audit_body", "body", "id"),
    sa.Index("ix_audit_by_id", "by_id", "by"),
    sqlite_autoincrement=True,
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False),
    sa.Column("body", _Id, nullable=False),
    sa.Column("language", sa.String(35), nullable=False),
    sa.Column("origin", sa.String(300)),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("last_seen", UtcDateTime, nullable=False),
    sa.Column("turn_count", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Index("ix_conversations_last_seen", "last_seen"),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column(
        "conversation",
        sa.String(64),
        sa.ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("turn", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sender", sa.String(10), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("reply", sa.Text),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("helpful", sa.Boolean),
    sa.Column("comment", sa.Text),
)

foreign_conversations = sa.Table(
    "foreign_conversations",
    metadata,
    sa.Column("adapter", sa.String(40), primary_key=True),
    sa.Column("caller", sa.String(64), primary_key=True),
    sa.Column("external", sa.String(64), primary_key=True),
    sa.Column(
        "conversation",
        sa.String(64),
        sa.ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Index("ix_foreign_conversations_conversation", "conversation"),
)

peers = sa.Table(
    "peers",
    metadata,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("address", sa.String(500), nullable=False, unique=True),
    sa.Column("keys", sa.Text, nullable=False),
    sa.Column("keys_asked_at", UtcDateTime),
    sa.Column("bodies", sa.Text, nullable=False),
    sa.Column("offered", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("added_at", UtcDateTime, nullable=False),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("public", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("retired", UtcDateTime),
)

seen_tokens = sa.Table(
    "seen_tokens",
    metadata,
    sa.Column("issuer", sa.String(200), primary_key=True),
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Index("ix_seen_tokens_expires_at", "expires_at"),
)

referrals = sa.Table(
    "referrals",
    metadata,
    sa.Column("body", _Id, primary_key=True),
    sa.Column("conversation", sa.String(64), primary_key=True),
    sa.Column("question", sa.String(32), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Column("fingerprint", sa.String(200), nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_referrals_conversation", "conversation"),
    sa.Index("ix_referrals_at", "at"),
)

cards = sa.Table(
    "cards",
    metadata,
    sa.Column("body", _Id, primary_key=True),
    sa.Column("tried_at", UtcDateTime),
    sa.Column("read_at", UtcDateTime),
    sa.Column("topics", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
)
