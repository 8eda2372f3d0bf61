"""Copies and keys from the console: a second officer agrees, an open desk is in the way, and what cannot be asked is said and audited."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ktpel_kiosk.app import backup, desk_lock
from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.office import PENDING_RESTORE
from ktpel_kiosk.app.wiring import open_office, open_practice_kiosk
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.register.keys import KeyStore

Office = tuple[Path, Path]
runner = CliRunner()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A practice office and a copy of it; afterwards a setting was changed."""
    folder = tmp_path_factory.mktemp("kantor") / "data"
    with open_practice_kiosk(folder, "tempeh") as kiosk:
        kiosk.register.write(lambda tx: (tx.next_number("register", 2026), tx.log("SettingChanged", "uji", "konsol")))
        copy = backup.make_copy(kiosk.register, folder, folder.parent / "usb", "-")
        kiosk.register.write(lambda tx: (tx.put_setting("uji", "sesudah"), tx.log("SettingChanged", "uji", "konsol")))
    return folder, copy


def call(data: Path, *arguments: str, typed: str = "") -> Any:
    return runner.invoke(app, [*arguments, "--data", str(data)], input=typed)


def restore(office: Office, typed: str, *more: str) -> Any:
    return call(office[0], "register", "restore", str(office[1]), "--reason", "diska rusak", *more, typed=typed)


def events(data: Path, name: str) -> list[dict[str, Any]]:
    with open_office(data) as kiosk:
        return [dict(x.facts) for x in kiosk.register.read(lambda v: v.audit(limit=10_000)) if x.event == name]


def other_process_opens(data: Path) -> int:
    """A process that holds the desk's lock, as windows do; returns once it does."""
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        with desk_lock.desk_open(data):
            os.write(tell, b"x")
            signal.pause()
    os.close(tell)
    assert os.read(told, 1) == b"x"
    os.close(told)
    return child


def test_a_desk_that_is_open_is_in_the_way(tmp_path: Path) -> None:
    office = (tmp_path, tmp_path / "register-20261126T010000Z-1.sqlite")
    child = other_process_opens(tmp_path)
    try:
        refused = restore(office, "camat\npraktik\n")
        assert refused.exit_code == 1 and "restore.desk_open" in refused.stderr and not (office[0] / PENDING_RESTORE).exists()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with desk_lock.desk_closed(office[0]):
        pass  # the lock went with the process
    with pytest.raises(BadInput, match="nothing"), desk_lock.desk_open(office[0]):
        raise BadInput("nothing")


@pytest.mark.gate
def test_sheets_and_the_key_of_the_machine_need_a_second_officer(office: Office, tmp_path: Path) -> None:
    data, store = office[0], KeyStore(office[0] / "register" / "register.key")
    refused = call(data, "keys", "sheets", "--reason", "lembar hilang", "--second", "camat", typed="salah\n")
    assert refused.exit_code == 1 and store.shares_state() is None
    made = call(data, "keys", "sheets", "--reason", "lembar hilang", "--second", "camat", typed="praktik\n")
    assert made.exit_code == 0, made.output
    sheets = [" ".join(x.split("\n", 1)[1].split()) for x in made.output[made.output.index("Lembar 1 dari 3"):].strip().split("\n\n")]
    assert len(sheets) == 3 and events(data, "KeySharesMade")[-1]["second"] == "camat"
    paper = call(data, "keys", "sheets", "--reason", "cetak", "--second", "rina", "--out", str(tmp_path / "x.pdf"), typed="praktik\n")
    assert paper.exit_code == 1 and not (tmp_path / "x.pdf").exists(), "an operator cannot agree"
    before = [(data / "register" / name).read_bytes() for name in ("register.key", "machine.key")]
    way = [part for sheet in sheets[1:] for part in ("--sheet", sheet)]
    refused = call(data, "keys", "recover", *way, "--second", "kasi", typed="salah\n")
    assert refused.exit_code == 1
    assert [(data / "register" / name).read_bytes() for name in ("register.key", "machine.key")] == before, "nothing changed"
    (data / "register" / "machine.key").rename(tmp_path / "machine.key")
    done = call(data, "keys", "recover", *way, "--second", "kasi", typed="praktik\n")
    assert done.exit_code == 0 and events(data, "MachineKeyRenewed")[-1]["second"] == "kasi", done.output


@pytest.mark.gate
def test_a_restore_needs_a_second_officer(office: Office) -> None:
    data = office[0]
    refused = restore(office, "salah\n", "--second", "camat")
    assert refused.exit_code == 1 and not list(data.glob("register.*-*"))
    done = restore(office, "praktik\n", "--second", "camat")
    assert done.exit_code == 0 and len(list(data.glob("register.lama-*"))) == 1, done.output
    assert events(data, "RegisterRestored")[-1]["second"] == "camat"
    with open_office(data) as kiosk:
        assert kiosk.register.read(lambda v: v.setting("uji")) is None


@pytest.mark.gate
def test_where_nobody_can_be_asked_it_is_said_and_audited(office: Office) -> None:
    data = office[0]
    (data / "register" / "register.sqlite").write_bytes(os.urandom(40_960))
    asked = restore(office, "")
    assert asked.exit_code == 1 and "Petugas kedua tidak dapat diperiksa" in asked.stderr and "restore.floor_missing" in asked.stderr
    last = [part for name in missing(office) for part in ("--last", f"{name}=900")]
    done = restore(office, "", *last)
    assert done.exit_code == 0, done.output + done.stderr
    found = events(data, "RegisterRestored")[-1]
    assert found["second"] == "" and "tanpa petugas kedua: register." in found["reason"]


def missing(office: Office) -> list[str]:
    """The series of the copy, which somebody reads from the books."""
    from ktpel_kiosk.app.copy_sets import INFO, read_info
    info = read_info(office[1].with_suffix(INFO))
    assert info is not None
    return list(info.numbers)
