"""An update through the installed package: the maker's keys, a stick, the desk's wish, the store's own user, the trial, the start, back.

The machine is switched on (:mod:`booted`): its own systemd runs the session, the path unit and the store's service; what people type stands
in docs/teknisi/pembaruan.md.
"""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import booted
import pytest
import technician
from clean_root import DATA, MEDIA, CleanRoot, missing
from provisioning import Office, dinas_of
from update_maker import Maker

ROOT = Path(__file__).parents[3]
STORE, STICK, PAGE = "/var/lib/ktpel-update", "/media/USB", "pembaruan.md"
SCREEN = "/srv/layar"
NEVER_SHOWN, HEALTHY, LATER, FORGED = "98.0.0", "99.0.0", "99.1.0", "99.9.0"
MOST_S = 900.0
Note = Callable[[str, object], None]
pytestmark = [pytest.mark.gate, pytest.mark.timeout(7200), pytest.mark.skipif(bool(missing()), reason=missing() or "-")]
MIGRATION = '''"""One more table."""
from alembic import op
revision = "{next:04d}"
down_revision = "{now:04d}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE baru (x TEXT) STRICT")
'''
LOOK = """echo looks
id -un
cat /var/lib/ktpel-kiosk/office.json 2>/dev/null && echo reads
grep ^CapEff: /proc/self/status
grep ^Seccomp: /proc/self/status
for d in /var/lib/ktpel-kiosk /usr /etc /var/lib /media/USB; do touch $d/x 2>/dev/null && echo writes $d; done
touch /var/lib/ktpel-update/x && rm /var/lib/ktpel-update/x && echo store
grep -c : /proc/net/dev
"""


# -- versions ------------------------------------------------------------------------------------------------------------------


def _replaced(path: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, by, path.read_text("utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1, path
    path.write_text(text, "utf-8")


def _schema(tree: Path) -> int:
    found = re.search(r"(?m)^SCHEMA_VERSION: Final = (\d+)$", (tree / "src/ktpel_kiosk/register/driver.py").read_text("utf-8"))
    assert found is not None
    return int(found[1])


def _grown(tree: Path, version: str) -> None:
    """Another version, and a register with one more table."""
    now = _schema(tree)
    _replaced(tree / "src/ktpel_kiosk/__init__.py", r'^__version__ = .*$', f'__version__ = "{version}"')
    _replaced(tree / "src/ktpel_kiosk/register/driver.py", r"^SCHEMA_VERSION: Final = \d+$", f"SCHEMA_VERSION: Final = {now + 1}")
    (tree / f"migrations/versions/{now + 1:04d}_baru.py").write_text(MIGRATION.format(next=now + 1, now=now), "utf-8")


def _never_shown(tree: Path) -> None:
    """Healthy in the trial; at the desk its windows never come."""
    _grown(tree, NEVER_SHOWN)
    _replaced(tree / "src/ktpel_kiosk/app/run.py", r"^def run_windows\(.*\n(?:.*\n)*?.*-> int:$", r"\g<0>\n    raise RuntimeError('layar')")


# -- the desk ------------------------------------------------------------------------------------------------------------------


def _register(root: CleanRoot, folder: str = f"{DATA}/register") -> dict[str, Any]:
    place = root.path / "srv/facts"
    place.mkdir(exist_ok=True)
    (place / "register_facts.py").write_text(Path(__file__).with_name("register_facts.py").read_text("utf-8"), "utf-8")
    said = root.done("cd /srv/facts && umask 077 && setpriv --reuid=ktpel --regid=ktpel --init-groups env HOME=/var/lib/ktpel-kiosk "
                     f"/usr/lib/ktpel-kiosk/runtime/bin/python3.11 -P register_facts.py {folder}")
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    assert found["damage"] == 0
    return found


def _kept(root: CleanRoot, start: str) -> str:
    [folder] = (root.path / DATA.lstrip("/")).glob(f"{start}-*")
    return f"{DATA}/{folder.name}"


def _json(root: CleanRoot, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((root.path / DATA.lstrip("/") / "pembaruan" / name).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return found


def _history(root: CleanRoot) -> list[str]:
    """What became of versions here, the oldest first."""
    file = root.path / DATA.lstrip("/") / "pembaruan/riwayat.jsonl"
    return [json.loads(line)["apa"] for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def _agreed(root: CleanRoot, passwords: dict[str, str], version: str) -> None:
    """A supervisor agrees; systemd sees the request and runs the store's service, which lays the version down and answers."""
    [apply] = technician.told(PAGE, "ktpel-kiosk update apply --officer")
    said = root.typed(f"{apply.replace('NAMA', 'camat')} --from {STICK}", [("Kata sandi", passwords["camat"])])
    assert "disetujui" in said
    assert f"{version}: diletakkan" in booted.journal(root, "ktpel-update.service")
    assert booted.facts(root, "ktpel-update.service", "Result", "User") == {"Result": "success", "User": "ktpel-update"}
    assert booted.facts(root, "ktpel-update.path", "ActiveState", "SubState") == {"ActiveState": "active", "SubState": "waiting"}


@contextmanager
def _session(root: CleanRoot) -> Iterator[None]:
    """``systemctl start ktpel-kiosk``, as the page says, until ``systemctl stop``."""
    root.done(f"rm -f {SCREEN}/Xvfb_screen0 && systemctl start ktpel-kiosk")
    try:
        yield
        assert booted.facts(root, "ktpel-kiosk", "ActiveState", "NRestarts") == {"ActiveState": "active", "NRestarts": "0"}
    finally:
        root.done("systemctl stop ktpel-kiosk")


def _lit(root: CleanRoot) -> float:
    """Share of the screen that is not dark (XWD, 32 bits a pixel)."""
    try:
        image = (root.path / SCREEN.lstrip("/") / "Xvfb_screen0").read_bytes()
    except FileNotFoundError:
        return 0.0
    words = struct.unpack(">25I", image[:100])
    pixels = image[words[0] + words[19] * 12:]
    return 1.0 - pixels.count(bytes(4)) * 4 / max(1, len(pixels))


def _until(what: Callable[[], bool], root: CleanRoot) -> None:
    end = time.monotonic() + MOST_S
    while not what():
        assert time.monotonic() < end, booted.journal(root, "ktpel-kiosk")[-4000:]
        time.sleep(0.5)


@pytest.fixture(scope="module")
def maker(root: CleanRoot, office: Office) -> Maker:
    """Whose keys this desk trusts: by the page, with the paper compared."""
    made = Maker(root, dinas_of(root), "rilis")
    paper = made.begun()
    made.carried(STICK)
    [trust] = [line for line in technician.commands(PAGE, "Sekali saja: mempercayai kunci Dinas") if "update trust" in line]
    assert paper in root.done(trust)
    assert root.done(f"stat -c %U {STORE}/trust/root.json").strip() == "ktpel-update"
    return made


@pytest.fixture(scope="module", autouse=True)
def machine(root: CleanRoot, office: Office) -> Iterator[None]:
    """Switched on, with the stick of the Dinas in it."""
    root.done("apt-get install -y -q --no-install-recommends xvfb")
    root.run(f"{MEDIA} mount sda1")
    root.done(f"mountpoint -q {STICK}")
    with booted.booted(root), booted.session_on_xvfb(root, SCREEN):
        assert booted.facts(root, "ktpel-update.path", "ActiveState") == {"ActiveState": "active"}, "it came up by itself"
        yield


# -- what is promised ------------------------------------------------------------------------------------------------------------


def test_a_version_whose_windows_never_come_is_left_after_three_starts(root: CleanRoot, office: Office, maker: Maker,
                                                                        record_property: Note) -> None:
    maker.released(NEVER_SHOWN, _never_shown)
    maker.carried(STICK)
    _agreed(root, office.passwords, NEVER_SHOWN)
    before, place = _register(root), root.path / DATA.lstrip("/") / "register"
    same_folder = place.stat().st_ino
    begun = time.monotonic()
    with _session(root):
        _until(lambda: "dikembalikan" in _history(root), root)  # nobody looks into a register that is being exchanged
        _until(lambda: "UpdateTakenBack" in _register(root)["events"], root)
    record_property("s_from_agreeing_to_the_old_windows_back", round(time.monotonic() - begun))
    after, said = _register(root), booted.journal(root, "ktpel-kiosk")
    assert said.count("Galat tak terduga: RuntimeError") == said.count("Jendela berhenti (selesai 1)") == 3, said[-3000:]
    assert after["schema"] == before["schema"] and after["served"] == before["served"]
    assert after["digests"][:len(before["digests"])] == before["digests"], "what was acknowledged is there, link by link"
    assert after["events"][len(before["events"]):].count("UpdateInstalled") == 1  # it passed its trial
    assert place.stat().st_ino == same_folder, "the register as it was, not a copy of it"
    left = _register(root, _kept(root, f"register.gagal-{NEVER_SHOWN}"))
    assert left["schema"] == before["schema"] + 1 and left["digests"][:len(before["digests"])] == before["digests"]
    assert _json(root, "pilihan.json")["version"] == "" and _json(root, "pilihan.json")["failed"] == [NEVER_SHOWN]


def test_a_healthy_version_takes_over_and_the_register_as_it_was_is_kept(root: CleanRoot, office: Office, maker: Maker,
                                                                         record_property: Note) -> None:
    maker.released(HEALTHY, lambda tree: _grown(tree, HEALTHY))
    maker.carried(STICK)
    _agreed(root, office.passwords, HEALTHY)
    before = _register(root)
    begun = time.monotonic()
    with _session(root):
        _until(lambda: bool(_json(root, "pasang.json")) and _lit(root) > 0.9, root)  # still on trial, and people see that
        _until(lambda: _json(root, "pilihan.json").get("version") == HEALTHY and not _json(root, "pilihan.json")["probation"], root)
        record_property("s_from_agreeing_to_the_new_windows", round(time.monotonic() - begun))
        _until(lambda: "UpdateInstalled" in _register(root)["events"][len(before["events"]):], root)
    after = _register(root)
    assert after["schema"] == before["schema"] + 1 and after["served"] == before["served"]
    assert after["digests"][:len(before["digests"])] == before["digests"]
    kept = _register(root, _kept(root, f"register.sebelum-{HEALTHY}"))
    assert kept["schema"] == before["schema"] and kept["digests"] == after["digests"][:len(kept["digests"])]
    assert kept["digests"][:len(before["digests"])] == before["digests"], "kept with all that was acknowledged"
    said = {c["name"]: c for c in json.loads(root.run("ktpel-kiosk doctor --json").stdout)}
    assert f"ktpel-kiosk {HEALTHY}" in said["versi"]["text"] and said["register"]["state"] == "baik"
    assert f"Versi sekarang: {HEALTHY}" in root.done("ktpel-kiosk update status")


def test_an_update_of_an_update_leaves_a_register_it_does_not_change_and_a_supervisor_goes_back(root: CleanRoot, office: Office,
                                                                                               maker: Maker) -> None:
    """The desk that asks, tries and changes over is now the update's code; the launcher and the store's service are the package's."""
    file = root.path / DATA.lstrip("/") / "register/register.sqlite"
    before, kept, same_file = _register(root), _kept(root, f"register.sebelum-{HEALTHY}"), file.stat().st_ino
    maker.released(LATER, lambda tree: _grown(tree, LATER))  # grown from the package's: the schema the office has by now
    maker.carried(STICK)
    _agreed(root, office.passwords, LATER)
    with _session(root):
        _until(lambda: _json(root, "pilihan.json").get("version") == LATER and not _json(root, "pilihan.json")["probation"], root)
        _until(lambda: _register(root)["events"].count("UpdateInstalled") > before["events"].count("UpdateInstalled"), root)
    after = _register(root)
    assert (file.stat().st_ino, after["schema"]) == (same_file, before["schema"]) and (root.path / kept.lstrip("/")).is_dir()
    assert after["digests"][:len(before["digests"])] == before["digests"]
    [back] = technician.told(PAGE, "ktpel-kiosk update rollback --officer")
    root.typed(back.replace("NAMA", "camat"), [("Kata sandi", office.passwords["camat"])])
    assert f"Versi sekarang: {HEALTHY}" in root.done("ktpel-kiosk update status")
    said = {c["name"]: c for c in json.loads(root.run("ktpel-kiosk doctor --json").stdout)}
    assert f"ktpel-kiosk {HEALTHY}" in said["versi"]["text"] and said["register"]["state"] == "baik"


def test_what_lies_in_the_store_is_the_stores_and_compiled(root: CleanRoot, maker: Maker) -> None:
    """Starting a version writes nothing, for whoever starts it may not write."""
    tree = f"{STORE}/versions/{HEALTHY}/tree"
    assert root.done(f"find {STORE} ! -user ktpel-update ! -path '{STORE}/minta*'") == ""
    assert root.done(f"find {STORE} -perm /022 ! -type l ! -path '{STORE}/minta*'") == ""
    assert int(root.done(f"find {tree} -name '*.pyc' | wc -l")) >= int(root.done(f"find {tree}/src -name '*.py' | wc -l")) > 300
    assert root.done(f"find {tree} -newer {STORE}/jawaban.json") == "", "something was written by a start"
    for place in (f"{STORE}/x", f"{tree}/src/x", f"{STORE}/trust/root.json", f"{STORE}/jawaban.json"):
        assert root.run(f"setpriv --reuid=ktpel --regid=ktpel --init-groups sh -c 'echo x >>{place}'").returncode != 0, place


def test_a_forged_mirror_is_refused_at_the_desk_and_by_the_service_itself(root: CleanRoot, office: Office, maker: Maker) -> None:
    """Another maker with three good keys of its own; then somebody who has the windows asks the service without the desk."""
    forger = Maker(root, maker.dinas, "palsu")
    forger.begun()
    forger.released(FORGED, lambda tree: _grown(tree, FORGED))
    root.done("mkdir -p /media/palsu")
    forger.carried("/media/palsu")
    said = root.run("ktpel-kiosk update check --from /media/palsu")
    assert said.returncode == 1 and "tidak ditandatangani" in said.stdout + said.stderr
    assert "percaya" in root.run("ktpel-kiosk update trust /media/palsu/ktpel-pembaruan/metadata/1.root.json").stderr
    request = {"id": "palsu", "mirror": "/media/palsu/ktpel-pembaruan", "version": FORGED, "floor": ""}
    (root.path / "srv/permintaan.json").write_text(json.dumps(request))
    root.done(f"chmod a+r /srv/permintaan.json && setpriv --reuid=ktpel --regid=ktpel --init-groups cp /srv/permintaan.json {STORE}/minta/")
    answer = root.path / STORE.lstrip("/") / "jawaban.json"
    _until(lambda: json.loads(answer.read_text("utf-8"))["id"] == "palsu", root)
    found = json.loads(answer.read_text("utf-8"))
    assert (found["version"], found["key"]) == (FORGED, "update.unsigned")
    assert sorted(p.name for p in (root.path / STORE.lstrip("/") / "versions").iterdir()) == [NEVER_SHOWN, HEALTHY, LATER]


def test_the_service_sees_no_office_no_network_and_writes_its_store_alone(root: CleanRoot, office: Office) -> None:
    """The unit's own words, carried out: a shell in the place of its command."""
    (root.path / "srv/look").write_text(LOOK)
    booted.drop_in(root, "ktpel-update.service", "ExecStart=", "ExecStart=/bin/sh /srv/look")
    try:
        root.done("systemctl start ktpel-update.service")
        said = booted.journal(root, "ktpel-update.service").split("looks\n")[1].split()
    finally:
        booted.no_drop_in(root, "ktpel-update.service")
    assert said[:7] == ["ktpel-update", "CapEff:", "0" * 16, "Seccomp:", "2", "store", "1"], said
