"""What the desk asks of Windows and Python has no name for, against doubles that read the bytes as Windows would."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from win32_double import Crypt32, Kernel32

from ktpel_kiosk import child
from ktpel_kiosk.domain.errors import BadInput, KeyUnavailable
from ktpel_kiosk.durable import BUSY_TRIES, patiently
from ktpel_kiosk.register.keys import KeyStore, SecretCost
from ktpel_kiosk.register.machine_key import MARK, DpapiKeep
from ktpel_kiosk.win32_calls import Dpapi, Job, replace_through

CHEAP = SecretCost(1, 64, 1)


def test_a_job_limits_memory_and_user_time_before_the_child_is_in_it() -> None:
    kernel = Kernel32()
    job = Job(kernel, 512 << 20, 2).take(4711)
    held = kernel.limits[71]
    assert struct.unpack_from("<q", held, 0) == (20_000_000,)  # PerProcessUserTimeLimit, 100 ns
    assert struct.unpack_from("<I", held, 16) == (0x2 | 0x100 | 0x400 | 0x2000,)
    assert struct.unpack_from("<Q", held, 112) == (512 << 20,)  # ProcessMemoryLimit
    assert kernel.inside == {4711: 71} and not kernel.closed
    del job
    assert kernel.closed == [71]  # and with the last handle everybody in it ends


@pytest.mark.parametrize("fails", ["CreateJobObjectW", "SetInformationJobObject", "AssignProcessToJobObject"])
def test_a_child_that_cannot_be_bound_is_told_and_nothing_is_left_open(fails: str) -> None:
    kernel = Kernel32(fails)
    with pytest.raises(OSError):
        Job(kernel, 1 << 20, 1).take(1)
    assert kernel.closed == ([] if fails == "CreateJobObjectW" else [71])


def test_what_the_system_ends_for_its_time_is_too_slow_and_nothing_else() -> None:
    assert all(map(child.out_of_time, (-24, 1816, 0xC0000044)))
    assert not any(map(child.out_of_time, (0, 1, -9, 0xC0000005, None)))


def test_a_frozen_desk_runs_its_children_with_the_interpreter_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert child.python("-I") == [sys.executable, "-I"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/kios/ktpel-kiosk.exe")
    assert child.python("-I", "-B") == [str(Path("/opt/kios/ktpel-python.exe")), "-I", "-B"]


def test_on_this_system_a_child_limits_itself() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        assert child.hold(process, 1, 1) is None


def test_renaming_goes_through_to_the_disk(tmp_path: Path) -> None:
    (tmp_path / "baru").write_text("baru")
    (tmp_path / "lama").write_text("lama")
    kernel = Kernel32()
    replace_through(kernel, str(tmp_path / "baru"), str(tmp_path / "lama"))
    assert (tmp_path / "lama").read_text() == "baru" and kernel.moved[0][2] == 0x1 | 0x8
    with pytest.raises(OSError):
        replace_through(Kernel32("MoveFileExW"), "a", "b")


class Busy(OSError):
    winerror = 32


def test_a_file_that_a_scanner_holds_for_a_moment_is_renamed_after_it() -> None:
    tries, pauses = iter([Busy(), Busy(), None]), []

    def rename() -> None:
        if error := next(tries):
            raise error

    patiently(rename, pauses.append)
    assert len(pauses) == 2
    pauses.clear()

    def never() -> None:
        raise Busy()

    with pytest.raises(Busy):
        patiently(never, pauses.append)
    assert len(pauses) == BUSY_TRIES - 1
    pauses.clear()

    def full() -> None:
        raise OSError(28, "full")

    with pytest.raises(OSError):
        patiently(full, pauses.append)
    assert not pauses


def test_dpapi_never_asks_wipes_and_frees_what_it_was_given() -> None:
    kernel = Kernel32()
    crypt = Crypt32(kernel)
    dpapi = Dpapi(crypt, kernel)
    hidden = dpapi.hide(b"rahasia", b"kunci")
    assert crypt.flags == [0x1] and b"rahasia" not in hidden
    assert dpapi.show(hidden, b"kunci") == b"rahasia"
    assert len(kernel.freed) == 2 and crypt.handed[1].raw == bytes(7)  # the copy Windows gave is wiped
    with pytest.raises(OSError):
        dpapi.show(hidden, b"lain")
    Dpapi(crypt, kernel, machine=True).hide(b"", b"")
    assert crypt.flags[-1] == 0x1 | 0x4


def test_the_machine_key_opens_the_register_for_the_same_account_alone(tmp_path: Path) -> None:
    kernel = Kernel32()
    mine = DpapiKeep(Dpapi(Crypt32(kernel), kernel))
    path = tmp_path / "register.key"
    key = KeyStore(path, cost=CHEAP, keep=mine).create(machine=True)
    stored = (tmp_path / "machine.key").read_bytes()
    assert stored.startswith(MARK) and len(stored) > 32
    assert KeyStore(path, keep=mine).unlock_with_machine() == key
    for other in (DpapiKeep(Dpapi(Crypt32(kernel, "orang lain"), kernel)), None):
        with pytest.raises(KeyUnavailable) as told:
            KeyStore(path, keep=other).unlock_with_machine()
        assert told.value.message_key == "register.machine_key_wrong"


def test_a_bare_key_of_an_earlier_version_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "register.key"
    key = KeyStore(path, cost=CHEAP).create(machine=True)
    kernel = Kernel32()
    assert KeyStore(path, keep=DpapiKeep(Dpapi(Crypt32(kernel), kernel))).unlock_with_machine() == key


def test_a_decoder_that_cannot_be_bound_gets_no_foreign_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    from ktpel_kiosk.biometrics.sandbox import decode_untrusted

    picture = (Path(__file__).resolve().parents[2] / "docs" / "manual" / "gambar" / "loket.png").read_bytes()
    asked: list[tuple[int, int]] = []

    def refuses(_child: object, memory_bytes: int, cpu_s: int) -> None:
        asked.append((memory_bytes, cpu_s))
        raise OSError(5, "AssignProcessToJobObject")

    monkeypatch.setattr(child, "hold", refuses)
    with pytest.raises(BadInput) as told:
        decode_untrusted(picture, "image/png", memory_bytes=1 << 29, cpu_s=3)
    assert told.value.message_key == "image.damaged" and asked == [(1 << 29, 3)]


def test_the_installer_names_the_data_folder_for_every_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ktpel_kiosk.app.cli_common import DEFAULT_DATA, data_of
    from ktpel_kiosk.app.watchdog_life import diagnostics

    monkeypatch.setenv("KTPEL_DATA", str(tmp_path))
    assert data_of(DEFAULT_DATA) == tmp_path and diagnostics("").parent == tmp_path
    assert data_of(tmp_path / "lain") == tmp_path / "lain"
    monkeypatch.delenv("KTPEL_DATA")
    assert data_of(DEFAULT_DATA) != tmp_path
