"""The program itself as an update of itself: real migrations, real windows, a real next start. Gate: each trial is a start of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import update_kit as kit
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

from ktpel_kiosk.app import update_launch as launch
from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app import update_pack, update_store, update_trial, update_trust, watchdog
from ktpel_kiosk.app.update_attacks import release
from ktpel_kiosk.app.update_repository import Repository
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.register import driver

pytestmark = [pytest.mark.gate, pytest.mark.timeout(1800)]
ROOT = Path(__file__).parents[2]
NEXT = driver.SCHEMA_VERSION + 1
MIGRATION = f'''"""One more table."""
from alembic import op
revision = "{NEXT:04d}"
down_revision = "{NEXT - 1:04d}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE baru (x TEXT) STRICT")
'''


def _replace(tree: Path, name: str, before: str, after: str) -> None:
    path = tree / name
    text = path.read_text("utf-8")
    assert before in text, name
    path.write_text(text.replace(before, after, 1), "utf-8")


def _tree(place: Path, version: str, change: Callable[[Path], None]) -> Path:
    """The code of this checkout as another version."""
    from ktpel_kiosk import __version__

    tree = place / version
    for name in update_pack.TREE_FOLDERS:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    _replace(tree, "src/ktpel_kiosk/__init__.py", f'"{__version__}"', f'"{version}"')
    change(tree)
    return tree


def _grows(tree: Path) -> None:
    _replace(tree, "src/ktpel_kiosk/register/driver.py", f"SCHEMA_VERSION: Final = {NEXT - 1}", f"SCHEMA_VERSION: Final = {NEXT}")
    (tree / f"migrations/versions/{NEXT:04d}_baru.py").write_text(MIGRATION, "utf-8")


def _breaks_the_migration(tree: Path) -> None:
    _grows(tree)
    _replace(tree, f"migrations/versions/{NEXT:04d}_baru.py", "STRICT", "STRIKT")


def _breaks_the_windows(tree: Path) -> None:
    _replace(tree, "src/ktpel_kiosk/ui/operator_window.py", "class OperatorWindow", "raise RuntimeError('rusak')\n\n\nclass OperatorWindow")


CHANGES: dict[str, Callable[[Path], None]] = {"98.0.0": _breaks_the_migration, "98.1.0": _breaks_the_windows, "99.0.0": _grows}


def test_sick_versions_leave_the_office_as_it_was_and_the_healthy_one_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(launch.LAUNCHED, raising=False)
    data = tmp_path / "kantor"
    with open_practice_kiosk(data, "tempeh") as kiosk:
        length = kiosk.register.read(lambda v: v.audit_length())
    keys = [CryptoSigner(Ed25519PrivateKey.generate()) for _ in range(3)]
    repository = Repository(tmp_path / "cermin", CryptoSigner(Ed25519PrivateKey.generate()))
    update_trust.pin(update_store.trust_of(layout.store_of(data)), repository.init(keys).read_bytes())
    for version, change in CHANGES.items():
        tree = _tree(tmp_path, version, change)
        described = update_pack.describe(tree, {})
        release(repository, keys[1:], update_pack.pack(tree, described, tmp_path / "paket.tar.gz"), described)
        with monkeypatch.context() as without:
            if version != "99.0.0":
                without.setattr(update_pack, "_compile", lambda _part, _release: None)
            update_store.bring_in(data, tmp_path / "cermin", version, None)
    assert list((layout.store_of(data) / layout.VERSIONS / "99.0.0").rglob("*.pyc")), "compiled for whoever may not write there"

    before = _bytes(data)
    for version in ("98.0.0", "98.1.0"):
        layout.want(data, layout.Wanted(version))
        assert not update_trial.try_wanted(data), version
        assert _bytes(data) == before, version
    layout.want(data, layout.Wanted("99.0.0"))
    assert update_trial.try_wanted(data), (data / "pembaruan/uji.log").read_text()

    connection = driver.connect(data / "register" / "register.sqlite", kit.key_of(data))
    found = (driver.scalar(connection, "PRAGMA user_version"), driver.scalar(connection, "SELECT MAX(sequence) FROM audit"))
    connection.close()
    assert found[0] == NEXT
    assert found[1] >= length
    environment = {k: v for k, v in os.environ.items() if k not in watchdog.SCREENS}
    done = subprocess.run([sys.executable, "-m", "ktpel_kiosk.app.entry", "doctor", "--json", "--data", str(data)], env=environment,
                          capture_output=True, text=True, timeout=300, check=False)
    said = {c["name"]: c for c in json.loads(done.stdout)}
    assert "ktpel-kiosk 99.0.0" in said["versi"]["text"]
    assert said["register"]["state"] == "baik"

    assert update_trial.go_back(data, "uji"), "nothing was done since"
    assert _bytes(data) == before
    with open_practice_kiosk(data, "tempeh") as kiosk:
        assert kiosk.register.read(lambda v: v.audit_length()) == length


def _bytes(data: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (data / "register").iterdir() if p.is_file() and not p.name.endswith(("-wal", "-shm"))}
