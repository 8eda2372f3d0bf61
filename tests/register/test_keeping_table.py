"""The one table of what is kept names every table of the schema, every kind of draft and everything the program writes below its folder."""

from __future__ import annotations

import re
from pathlib import Path

from register_makers import KEY, open_register

from ktpel_kiosk.domain.keeping import SIMPANAN, Bagaimana
from ktpel_kiosk.register import driver

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ktpel_kiosk"
BELOW_DATA = re.compile(r"""\bdata / (?:"([^"]+)"|([A-Z_]{3,})\b)""")
NO_DATA = {".probe", "belum-jadi"}
"""An empty file that is gone at once; a mark without contents."""
DRAFT_KEYS = re.compile(r"""put_draft\(\s*(?:f"\{)?([A-Z_]+|[a-z_]+)""")


def test_every_table_of_the_schema_has_its_time(tmp_path: Path) -> None:
    open_register(tmp_path).close()
    connection = driver.connect(tmp_path / "register.sqlite", KEY)
    tables = {str(n) for (n,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")}
    connection.close()
    named = [t for row in SIMPANAN for t in row.tables]
    assert len(named) == len(set(named)), "each in one row"
    assert tables - set(named) == set(), "a table nobody said how long it is kept"
    assert set(named) - tables <= {"alembic_version"}, "a row about a table that is not there"


def _constants() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in SOURCE.rglob("*.py"):
        for name, value in re.findall(r'^([A-Z_]{3,})(?:: [^=]+)? = "([^"\n]+)"', path.read_text("utf-8"), re.M):
            found.setdefault(f"{path.name}:{name}", value)
    return found


def test_everything_written_below_the_data_folder_has_its_time() -> None:
    constants, wanted = _constants(), set()
    for path in (SOURCE / "app").rglob("*.py"):
        for plain, constant in BELOW_DATA.findall(path.read_text("utf-8")):
            values = {plain} if plain else {v for k, v in constants.items() if k.endswith(f":{constant}")}
            wanted |= {v.split("/")[0] for v in values}
    named = {f.split("/")[0] for row in SIMPANAN for f in row.folders}
    assert len(wanted) >= 10, "the search itself finds something"
    assert {w for w in wanted if w not in named and w not in NO_DATA and not _invented(w)} == set()


def _invented(name: str) -> bool:
    """Constants of the same name elsewhere that are no file of the office."""
    return bool(re.fullmatch(r"[A-Z ].*|.* .*|-?|[a-z.]+\.(?!json|toml|csv|txt|jsonl|lock|sqlite|key)[a-z]+", name))


def test_every_draft_has_its_time() -> None:
    from ktpel_kiosk.desk import device_tests, drafts, heartbeat, paper_scans, reports, typed
    from ktpel_kiosk.desk.courier_back import RECEIPT_NOTE
    from ktpel_kiosk.siak import ledger
    known = {drafts.DRAFT_PREFIX, paper_scans.PREFIX, typed.PREFIX, reports.PREFIX, reports.REFUSED, RECEIPT_NOTE, ledger.PENDING_RECEIPT,
             device_tests.AT_PRINTER, heartbeat.WAITING}
    assert {d for row in SIMPANAN for d in row.drafts} == known
    calls = sum(len(DRAFT_KEYS.findall(p.read_text("utf-8"))) for where in ("desk", "siak") for p in (SOURCE / where).rglob("*.py"))
    assert calls == 10, "a new kind of draft: put it into the table, then count here"


def test_every_row_says_how_long_on_what_ground_and_what_then() -> None:
    assert len({s.key for s in SIMPANAN}) == len(SIMPANAN)
    for s in SIMPANAN:
        assert all((s.judul, s.isi, s.basis, s.lama, s.akhir)), s.key
        assert s.tables or s.folders or s.drafts, s.key
        assert s.days == 0 or s.cara is Bagaimana.MALAM, s.key
