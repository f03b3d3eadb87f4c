"""An endpoint of webhooks can be removed, with what it was told."""

from __future__ import annotations

from migrations.statements import for_application_role

revision = "0058b"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """That it was removed, and where it was, stays in the audit record."""
    for_application_role("GRANT DELETE ON webhook_endpoints TO {role}")
