"""Who really took the card: the proxy's NIK and letter, card read, the digest that binds the signature; remark on the digital identity.

Frozen once released.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE handover ADD COLUMN receiver_nik TEXT NOT NULL DEFAULT '' CHECK (length(receiver_nik) IN (0, 16))",
    "ALTER TABLE handover ADD COLUMN proxy_letter TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE handover ADD COLUMN card_read INTEGER NOT NULL DEFAULT 0 CHECK (card_read IN (0, 1))",
    "ALTER TABLE handover ADD COLUMN binding TEXT NOT NULL DEFAULT '' CHECK (length(binding) IN (0, 64))",
    "ALTER TABLE handover ADD COLUMN ikd TEXT NOT NULL DEFAULT ''",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("A register is never taken back to an older schema; restore the backup made before the migration.")
