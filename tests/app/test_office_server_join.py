"""An office grows: the first desk carries its register to the office server, a second one joins it, both serve the same applicants."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "register"))

from register_makers import application, finished, packet, sample, save, status

import quick_secrets
from ktpel_kiosk.app.clock import SystemClock, Uuid7
from ktpel_kiosk.app.office import open_register, settings_of, write_settings
from ktpel_kiosk.app.office_server import OWN_KEY, join, move
from ktpel_kiosk.app.restore import prepare
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.domain.errors import BadInput, IoFailure, KeyUnavailable
from ktpel_kiosk.ports.restore import Agreed
from ktpel_kiosk.register.keys import KeyStore, SecretCost
from ktpel_kiosk.register.server.store import ServerRegister
from office_server import server

CODE = "kode pemulihan kantor"


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    quick_secrets.use()
    yield
    quick_secrets.back()


def desk_at(folder: Path, station: str) -> Path:
    open_practice_kiosk(folder, "tempeh").close()
    found = settings_of(folder)
    assert found is not None
    write_settings(folder, replace(found, station=station))
    return folder


def opened(folder: Path):
    clock = SystemClock()
    return open_register(folder, clock, Uuid7(clock))


def test_the_first_desk_moves_and_the_second_one_joins(tmp_path: Path) -> None:
    first, second = desk_at(tmp_path / "a", "meja-1"), desk_at(tmp_path / "b", "meja-2")
    with opened(first) as own:
        p = save(own, application(1))
        own.write(lambda tx: (tx.log("SampleAccepted", p.id, "rina"), tx.add_sample(sample(p)), tx.add_packet(
            packet(p, 1, packet_id="a", station="meja-1")), tx.add_status(status("a", 7)), tx.save_permohonan(finished(p)))[0])
        before = own.read(lambda v: (v.permohonan(p.id), v.samples(p.id), v.users(), v.packet("a")))
        head = own.check_audit()
    url = server().url(server().database())

    assert move(first, url) > 20
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


def test_an_address_with_a_password_changes_nothing(tmp_path: Path) -> None:
    folder = desk_at(tmp_path / "a", "meja-1")
    with pytest.raises(BadInput, match=r"office_server\.password"):
        move(folder, "postgresql+psycopg://meja:rahasia@server.kantor/ktpel")
    assert settings_of(folder).register_url == ""  # type: ignore[union-attr]
    with opened(folder) as register:
        assert not isinstance(register, ServerRegister)
