"""An office grows: the first desk carries its register to the office server, a second one joins it, both serve the same applicants."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "register"))

from register_makers import application, finished, packet, sample, save, status

import quick_secrets
from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.app.office import OfficeSettings, open_register, settings_of, write_settings
from ktpel_kiosk.app.office_server import OWN_KEY, OWN_REGISTER, join, move, upgrade
from ktpel_kiosk.app.resources import migrations
from ktpel_kiosk.app.restore import prepare
from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.errors import BadInput, IoFailure, KeyUnavailable
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.restore import Agreed
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.driver import SCHEMA_VERSION
from ktpel_kiosk.register.keys import KeyStore, SecretCost
from ktpel_kiosk.register.server.address import server_address
from ktpel_kiosk.register.server.connection import ServerConnection
from ktpel_kiosk.register.server.health import schema_of
from ktpel_kiosk.register.server.store import ServerRegister
from office_server import server

CODE = "kode pemulihan kantor"
ROWS = 20
"""Of one application with all that hangs on it, an account and the audit; the register of a working desk has thousands."""


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    quick_secrets.use()
    yield
    quick_secrets.back()


def desk_at(folder: Path, station: str, url: str = "") -> Path:
    """An office folder with a key; its register is made when it is opened first."""
    (folder / "register").mkdir(parents=True)
    KeyStore(folder / "register" / "register.key", cost=SecretCost(1, 64, 1)).create(machine=True)
    write_settings(folder, OfficeSettings("tempeh", station, register_url=url))
    return folder


def save_user(register) -> None:
    register.write(lambda tx: (tx.log("UserSaved", "rina", "-"), tx.save_user(
        UserAccount("rina", "Rina Wulandari", frozenset({Peran.OPERATOR}), "-"))))


def opened(folder: Path):
    clock = SystemClock()
    return open_register(folder, clock, Uuid7(clock))


def test_the_first_desk_moves_and_the_second_one_joins(tmp_path: Path) -> None:
    first, second = desk_at(tmp_path / "a", "meja-1"), desk_at(tmp_path / "b", "meja-2")
    with opened(first) as own:
        p = save(own, application(1))
        save_user(own)
        own.write(lambda tx: (tx.log("SampleAccepted", p.id, "rina"), tx.add_sample(sample(p)), tx.add_packet(
            packet(p, 1, packet_id="a", station="meja-1")), tx.add_status(status("a", 7)), tx.save_permohonan(finished(p)))[0])
        before = own.read(lambda v: (v.permohonan(p.id), v.samples(p.id), v.users(), v.packet("a")))
        head = own.check_audit()
    url = server().url(server().database())

    assert move(first, url) >= ROWS
    name = url.rpartition("?")[0].rpartition("/")[2]
    counted = server().sql("SELECT count(*) FROM pg_statistic WHERE starelid = 'search_word'::regclass", name)
    assert counted[0][0], "searches are planned by what is there"
    folder = first / "register"
    assert (folder / OWN_REGISTER).exists()
    assert not list(folder.glob("register.sqlite*")), "nothing takes the old file for the one in use"
    with opened(first) as register:
        assert isinstance(register, ServerRegister)
        assert register.read(lambda v: (v.permohonan(p.id), v.samples(p.id), v.users(), v.packet("a"))) == before
        after = register.check_audit()
        assert after.whole, after
        assert after.length == head.length + 1
        assert register.read(lambda v: v.status_cursor()) == 7
    with pytest.raises(BadInput, match=r"office_server\.already"):
        move(first, url)

    with pytest.raises(BadInput, match=r"office_server\.restore"):
        prepare(first, None, b"", Agreed("a", "b", "c"), SystemClock())  # type: ignore[arg-type]
    with opened(first) as register, pytest.raises(IoFailure, match=r"office_server\.backup"):
        register.backup(tmp_path / "salinan")

    store = KeyStore(first / "register" / "register.key", cost=SecretCost(1, 64, 1))
    store.set_secret(store.unlock_with_machine(), CODE)
    key_file = first / "register" / "register.key"
    with pytest.raises(KeyUnavailable):
        join(second, url, key_file, lambda k: k.unlock_with_secret("salah"))
    with pytest.raises(KeyUnavailable, match=r"register\.wrong_key"):
        join(second, url, second / "register" / "register.key", lambda k: k.unlock_with_machine())
    assert settings_of(second).register_url == ""  # type: ignore[union-attr]
    join(second, url, key_file, lambda k: k.unlock_with_secret(CODE))
    assert (second / "register" / OWN_KEY).exists()
    with opened(first) as one, opened(second) as two:
        assert two.read(lambda v: v.permohonan(p.id)) == before[0]
        q = save(two, application(2))
        assert one.read(lambda v: v.permohonan(q.id)) == q
        assert two.read(lambda v: v.status_cursor()) == 0, "its station's own feed"
        assert one.check_audit().whole
        assert two.check_audit().whole

    third = desk_at(tmp_path / "c", "meja-3")
    with opened(third) as own:
        save(own, application(3))
    with pytest.raises(BadInput, match=r"office_server\.desk_used"):
        join(third, url, key_file, lambda k: k.unlock_with_secret(CODE))
    with pytest.raises((BadInput, KeyUnavailable)):
        move(third, url)  # the server holds a register already, under another key
    assert settings_of(third).register_url == ""  # type: ignore[union-attr]


def test_a_newer_program_does_not_change_the_register_of_all_desks_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older, url = tmp_path / "migrations", server().url(server().database())
    shutil.copytree(migrations(), older, ignore=shutil.ignore_patterns(f"{SCHEMA_VERSION:04d}_*", "__pycache__"))
    data = desk_at(tmp_path / "a", "meja-1", url)
    with monkeypatch.context() as before:
        before.setattr(driver, "SCHEMA_VERSION", SCHEMA_VERSION - 1)
        before.setattr("ktpel_kiosk.app.office.migrations", lambda: older)
        with opened(data) as register:
            register.write(lambda tx: tx.log("DeskJoined", "meja-1", "-"))

    address = server_address(url)
    with pytest.raises(BadInput, match=r"office_server\.older"):
        opened(data)
    assert schema_of(address) == SCHEMA_VERSION - 1
    with closing(ServerConnection(address.conninfo, name="meja-2")), pytest.raises(BadInput, match=r"office_server\.desks_open"):
        upgrade(data)
    assert schema_of(address) == SCHEMA_VERSION - 1
    assert upgrade(data) == (SCHEMA_VERSION - 1, SCHEMA_VERSION)
    assert upgrade(data) == (SCHEMA_VERSION, SCHEMA_VERSION)
    with opened(data) as register:
        assert register.check_audit().whole
        assert [link.event for link in register.read(lambda v: v.audit())] == ["DeskJoined", "RegisterUpgraded"]


def test_a_desk_of_its_own_has_no_server_to_upgrade(tmp_path: Path) -> None:
    write_settings(tmp_path, OfficeSettings("tempeh", "meja-1"))
    with pytest.raises(BadInput, match=r"office_server\.none"):
        upgrade(tmp_path)


def test_an_address_with_a_password_changes_nothing(tmp_path: Path) -> None:
    folder = desk_at(tmp_path / "a", "meja-1")
    with pytest.raises(BadInput, match=r"office_server\.password"):
        move(folder, "postgresql+psycopg://meja:rahasia@server.kantor/ktpel")
    assert settings_of(folder).register_url == ""  # type: ignore[union-attr]
    with opened(folder) as register:
        assert not isinstance(register, ServerRegister)
