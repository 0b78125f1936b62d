"""Federation: how partners are reached, and which of our conversations a partner's is.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("keys", sa.Column("adapter", sa.String(length=40), nullable=True))
    op.create_table(
        "connections",
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["body"], ["bodies.id"], name="fk_connections_body"),
        sa.PrimaryKeyConstraint("body", name="pk_connections"),
    )
    op.create_table(
        "foreign_conversations",
        sa.Column("adapter", sa.String(length=40), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("external", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"],
            ["conversations.id"],
            name="fk_foreign_conversations_conversation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("adapter", "caller", "external", name="pk_foreign_conversations"),
    )
    op.create_index(
        "ix_foreign_conversations_conversation", "foreign_conversations", ["conversation"]
    )
