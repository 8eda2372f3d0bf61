"""A whole set-up in a fresh folder; and killed at any point: no office and the answers, or the whole office."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from setup_office import PASSWORDS, another_disk, answers_of

from ktpel_kiosk.app import backup, maintenance, setup_finish
from ktpel_kiosk.app.office import UNFINISHED, open_central_keys, settings_of
from ktpel_kiosk.app.setup import FolderSetup
from ktpel_kiosk.app.wiring import open_office, open_practice_kiosk
from ktpel_kiosk.desk import sign_in, sop_versions
from ktpel_kiosk.domain.errors import BadInput, KeyUnavailable, SignInRefused
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.setup import SetupAnswers
from ktpel_kiosk.register.backup import check_copy
from ktpel_kiosk.register.keys import KeyStore

Set = tuple[FolderSetup, SetupAnswers]


def prepared(folder: Path) -> Set:
    setup = FolderSetup(folder / "data", same_disk=another_disk)
    setup.data.mkdir(parents=True)
    answers = answers_of(setup, folder / "usb")
    setup.keep(answers)
    return setup, answers


def whole(folder: Path) -> None:
    """The office is there: its own SOP in force, everybody can sign in, the audit tells how it began, nothing is left lying about."""
    data = folder / "data"
    with open_office(data) as kiosk:
        assert kiosk.settings.production and kiosk.desk.sop.id == "rowokangkung"
        for username, password in PASSWORDS.items():
            assert sign_in.sign_in(kiosk.desk, username, password).username == username
        events = [link.event for link in kiosk.register.read(lambda v: v.audit())]
        assert events[:2] == ["OfficeCreated", "SopAdopted"] and events.count("UserSaved") == len(PASSWORDS)
        assert kiosk.register.check_audit().whole
        assert backup.place_of(kiosk.register) == str(folder / "usb")
    assert not (data / "register" / UNFINISHED).exists()


def test_a_fresh_folder_becomes_a_working_office(tmp_path: Path) -> None:
    setup, answers = prepared(tmp_path)
    code = setup.recovery_code()
    told: list[str] = []
    setup.finish(replace(answers, gateway_url=" https://gateway.contoh.go.id "), PASSWORDS, told.append)
    assert len(told) >= 6 and all(text.endswith(".") for text in told)
    whole(tmp_path)
    assert {p.name for p in setup.data.iterdir()} == {"keys", "office.json", "register", "sop", "sop-berlaku.toml"}
    setup.keep(answers)  # the window's last word when it closes
    assert setup.load() == SetupAnswers() and not (setup.data / setup_finish.STAGING).exists()
    found = settings_of(setup.data)
    assert found is not None and (found.station, found.gateway_url, found.place) == (
        "3508080-meja-1", "https://gateway.contoh.go.id", "Meja 1")
    copies = sorted((tmp_path / "usb").glob("register-*.sqlite"))
    assert len(copies) == 1
    store = KeyStore(copies[0].with_suffix(".key"))
    key = store.unlock_with_secret(backup.plain_code(code.lower().replace("-", " ")))
    assert check_copy(copies[0], key).version > 0, "the copy opens on another machine with the code alone"
    with pytest.raises(KeyUnavailable):
        store.unlock_with_secret(backup.plain_code(backup.new_code()))
    with pytest.raises(BadInput) as caught:
        setup.finish(answers, PASSWORDS, told.append)
    assert caught.value.message_key == "setup.exists"
    refused_as_practice(setup.data)
    by_the_console(setup.data, tmp_path)


def refused_as_practice(data: Path) -> None:
    """Nothing of practice ever touches a folder that serves people: no invented accounts, no demonstration keys."""
    key = (data / "keys" / "station.key").read_bytes()
    for attempt in (lambda: open_practice_kiosk(data, "rowokangkung"), lambda: open_central_keys(data),
                    lambda: open_office(data, "tempeh")):
        with pytest.raises(BadInput) as caught:
            attempt()
        assert caught.value.message_key in ("office.production", "office.other")
    assert (data / "keys" / "station.key").read_bytes() == key
    with open_office(data) as kiosk, pytest.raises(SignInRefused):
        sign_in.sign_in(kiosk.desk, "camat", "praktik")


def by_the_console(data: Path, folder: Path) -> None:
    """The commands of an office folder work on it."""
    assert maintenance.verify(data)[0].whole
    books, _ = maintenance.list_books(data, None)
    assert len(books) == 8
    with maintenance.opened(data) as kiosk:
        assert sop_versions.history(kiosk.desk)[0].in_force
        made = backup.copy_by_hand(kiosk.register, data, folder / "usb2", "konsol")
        assert made.exists() and backup.place_of(kiosk.register) == str(folder / "usb2")


def test_a_copy_a_day_and_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup, answers = prepared(tmp_path)
    setup.finish(answers, PASSWORDS, lambda _t: None)
    usb = tmp_path / "usb"
    (usb / "register-catatan.sqlite").write_text("milik orang lain")
    with open_office(setup.data) as kiosk:
        now = kiosk.clock.now()
        backup.set_keep(kiosk.register, "2,0,0", "konsol")
        assert backup.daily_copy(kiosk.register, setup.data, now) is None, "the one of the set-up is not a day old"
        made = [backup.daily_copy(kiosk.register, setup.data, now + timedelta(days=1))]
        monkeypatch.setattr(backup, "DAY", timedelta(0))
        for old in list(usb.glob("register-2*")):
            old.rename(old.with_name(old.name.replace("register-20", "register-19")))
        made.append(backup.daily_copy(kiosk.register, setup.data, now))
        assert all(made) and len(list(usb.glob("register-2*.sqlite"))) == 1 and len(list(usb.glob("register-1*.sqlite"))) == 1
        assert len(list(usb.glob("register-*.key"))) == 2 and (usb / "register-catatan.sqlite").exists()
        kiosk.copy_when_due()
        usb.rename(tmp_path / "dicabut")
        assert backup.daily_copy(kiosk.register, setup.data, now) is None and not usb.exists(), "a disk that is gone is not made anew"


@pytest.mark.parametrize(("change", "word"), [
    (lambda a: replace(a, officers=a.officers[:1]), "peran"),
    (lambda a: replace(a, officers=(*a.officers, a.officers[0])), "siti"),
    (lambda a: replace(a, office=replace(a.office, nama="")), "nama"),
    (lambda a: replace(a, backup=a.backup + "\0x"), "backup"),
    (lambda a: replace(a, station="Meja 1"), "station"),
])
def test_what_is_not_whole_makes_no_office(tmp_path: Path, change: Callable[[SetupAnswers], SetupAnswers], word: str) -> None:
    setup, answers = prepared(tmp_path)
    with pytest.raises(BadInput) as caught:
        setup.finish(change(answers), PASSWORDS, lambda _t: None)
    assert caught.value.message_key == "setup.not_ready" and word in str(caught.value.facts["reason"])
    assert settings_of(setup.data) is None and not (setup.data / "register").exists()
    assert setup.load() == answers


def test_a_register_of_worth_is_never_set_up_over(tmp_path: Path) -> None:
    setup, answers = prepared(tmp_path)
    (setup.data / "register").mkdir()
    (setup.data / "register" / "register.sqlite").write_bytes(b"orang banyak")
    with pytest.raises(BadInput) as caught:
        setup.finish(answers, PASSWORDS, lambda _t: None)
    assert caught.value.message_key == "setup.orphan"
    assert (setup.data / "register" / "register.sqlite").read_bytes() == b"orang banyak"


def test_practice_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    setup, answers = prepared(tmp_path)
    setup.write_request(answers.station, answers.office, tmp_path)
    setup.practise("tempeh")
    assert settings_of(setup.data) is None and setup.load() == answers
    found = settings_of(setup.data / "latihan")
    assert found is not None and not found.production
    assert (setup.data / "keys" / "station.key").read_bytes() != (setup.data / "latihan" / "keys" / "station.key").read_bytes()


# -- killed ----------------------------------------------------------------------------------------------------------------


def killed(folder: Path, hook: Callable[[Callable[[], None]], None]) -> bool:
    """Finish in a child that ``hook`` gives the means to end itself for good (SIGKILL); whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            hook(lambda: os.kill(os.getpid(), signal.SIGKILL))
            setup = FolderSetup(folder / "data", same_disk=another_disk)
            setup.finish(setup.load(), PASSWORDS, lambda _t: None)
        except BaseException as error:
            print(repr(error), file=sys.__stderr__, flush=True)
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFSIGNALED(status)


def at_name(name: str, after: bool = False) -> Callable[[Callable[[], None]], None]:
    """End at the moment this file or folder takes its name, before it or right after."""
    def hook(end: Callable[[], None]) -> None:
        real = os.replace

        def replace_(source: object, target: object) -> None:
            here = Path(str(target)).name == name
            if here and not after:
                end()
            real(source, target)  # type: ignore[arg-type]
            if here and after:
                end()

        os.replace = replace_  # type: ignore[assignment]

    return hook


def nth_sync(number: int) -> Callable[[Callable[[], None]], None]:
    """End at the n-th time something is made durable."""
    def hook(end: Callable[[], None]) -> None:
        real, left = os.fsync, [number]

        def fsync(fd: int) -> None:
            left[0] -= 1
            if left[0] < 0:
                end()
            real(fd)

        os.fsync = fsync

    return hook


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_killed_on_the_way_and_set_up_again(tmp_path: Path) -> None:
    setup, answers = prepared(tmp_path)
    for place in (at_name("register"), at_name("office.json")):  # everything built beside; everything in place but the last word
        assert killed(tmp_path, place)
        assert settings_of(setup.data) is None and setup.load() == answers
    assert (setup.data / "register" / "register.sqlite").exists()
    assert killed(tmp_path, at_name("office.json", after=True))
    whole(tmp_path)


@pytest.mark.gate
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_killed_at_every_durable_step(tmp_path: Path) -> None:
    """Each time in the same folder, on what the last cut left behind."""
    for number in range(1000):
        folder = tmp_path / f"{number}"
        setup, answers = prepared(folder)
        for again in (number, number // 2):
            was_killed = killed(folder, nth_sync(again))
            if settings_of(setup.data) is not None:
                break
            assert setup.load() == answers
        if settings_of(setup.data) is None:
            setup.finish(answers, PASSWORDS, lambda _t: None)
        whole(folder)
        if not was_killed:
            return
    raise AssertionError("it never came to an end")


def test_an_admin_made_at_set_up_looks_after_accounts(tmp_path: Path) -> None:
    from ktpel_kiosk.desk import users

    setup, answers = prepared(tmp_path)
    setup.finish(answers, PASSWORDS, lambda _t: None)
    with open_office(setup.data) as kiosk:
        admin = sign_in.sign_in(kiosk.desk, "camat", PASSWORDS["camat"])
        with pytest.raises(BadInput):
            users.save_user(kiosk.desk, admin, "ani", "Ani", (Peran.LOKET,), "praktik")  # production asks for more than practice
        users.save_user(kiosk.desk, admin, "ani", "Ani", (Peran.LOKET,), "empat ekor kucing")
        assert {u.username for u in users.users(kiosk.desk, admin)} == {*PASSWORDS, "ani"}
