"""Run by the package's own Python as the kiosk's user: what a register is, of any schema, without opening it as a desk does.

    register_facts.py REGISTER_FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ktpel_kiosk.register import driver
from ktpel_kiosk.register.keys import KeyStore


def facts(folder: Path) -> dict[str, Any]:
    connection = driver.connect(folder / "register.sqlite", KeyStore(folder / "register.key").unlock_with_machine())
    try:
        damage = connection.execute("PRAGMA cipher_integrity_check").fetchall()
        audit = connection.execute("SELECT event, digest FROM audit ORDER BY sequence").fetchall()
        return {"schema": int(driver.scalar(connection, "PRAGMA user_version")), "damage": len(damage),
                "events": [row[0] for row in audit], "digests": [row[1] for row in audit],
                "served": int(driver.scalar(connection, "SELECT COUNT(*) FROM permohonan"))}
    finally:
        connection.close()


if __name__ == "__main__":
    print(json.dumps(facts(Path(sys.argv[1]))))
