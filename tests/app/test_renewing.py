"""A renewed certificate or another address counts at the next call; what is under way ends where it began."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from ktpel_kiosk.app.kiosk import Kiosk
from ktpel_kiosk.app.office import PRODUCTION, OfficeSettings, write_settings
from ktpel_kiosk.app.renewing import RenewingGateway, stamps
from ktpel_kiosk.domain.errors import AnnounceAgain, BadInput
from ktpel_kiosk.siak.http_gateway import HttpGateway


class Client:
    def __init__(self, number: int) -> None:
        self.number, self.closed, self.proxies = number, False, []
        self.hold: threading.Event | None = None
        self.begun = threading.Event()

    def send_chunk(self, _url: str, offset: int, chunk: bytes) -> int:
        self.begun.set()
        if self.hold is not None:
            assert self.hold.wait(20)
        assert not self.closed, "a client was closed under a chunk"
        return offset + len(chunk) + 1000 * self.number

    def use_proxy(self, url: str) -> None:
        self.proxies.append(url)

    def close(self) -> None:
        self.closed = True


class Made:
    def __init__(self) -> None:
        self.of, self.clients, self.fail = "a", list[Client](), False

    def make(self) -> Any:
        if self.fail:
            raise BadInput("keys.line_missing", expected="sertifikat sambungan")
        self.clients.append(Client(len(self.clients)))
        return self.clients[-1]


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def gateway(made: Made) -> Any:
    return RenewingGateway(made.make, lambda: made.of)


def test_one_client_as_long_as_nothing_changed(made: Made, gateway: Any) -> None:
    assert not gateway.made and made.clients == []
    gateway.use_proxy("http://proxy:1")
    assert [gateway.send_chunk("u", 0, b"xx") for _ in range(3)] == [2, 2, 2] and len(made.clients) == 1
    gateway.use_proxy("http://proxy:2")
    assert made.clients[0].proxies == ["http://proxy:2"]
    made.of = "b"
    assert gateway.send_chunk("u", 0, b"xx") == 1002 and made.clients[0].closed and not made.clients[1].closed
    gateway.close()
    assert made.clients[1].closed and not gateway.made


def test_a_chunk_under_way_ends_over_the_client_it_began_with(made: Made, gateway: Any) -> None:
    gateway.send_chunk("u", 0, b"")
    first, reached = made.clients[0], list[int]()
    first.hold, first.begun = threading.Event(), threading.Event()
    busy = threading.Thread(target=lambda: reached.append(gateway.send_chunk("u", 5, b"xxx")))
    busy.start()
    assert first.begun.wait(20)
    made.of = "b"
    assert gateway.send_chunk("u", 0, b"y") == 1001 and not first.closed
    first.hold.set()
    busy.join(20)
    assert reached == [8] and first.closed


def test_what_cannot_be_made_is_tried_at_the_next_call(made: Made, gateway: Any) -> None:
    gateway.send_chunk("u", 0, b"")
    made.of, made.fail = "b", True
    with pytest.raises(BadInput):
        gateway.send_chunk("u", 0, b"")
    made.fail = False
    assert gateway.send_chunk("u", 0, b"") == 1000 and made.clients[0].closed


def test_an_address_another_program_wrote_counts_without_a_restart(tmp_path: Path) -> None:
    office: Any = OfficeSettings("tempeh", "meja-1", mode=PRODUCTION, gateway_url="https://lama.example")
    write_settings(tmp_path, office)
    kiosk = Kiosk(tmp_path, office, *[None] * 4)  # type: ignore[arg-type]
    before = kiosk._line_stamp()
    assert kiosk.address() == "https://lama.example" and kiosk._line_stamp() == before
    write_settings(tmp_path, OfficeSettings("tempeh", "meja-1", mode=PRODUCTION, gateway_url="https://baru-sekali.example"))
    assert kiosk.address() == "https://baru-sekali.example" and kiosk._line_stamp() != before
    (tmp_path / "office.json").write_text("{", "utf-8")
    assert kiosk.address() == "https://baru-sekali.example", "half a file for a moment changes nothing"
    (tmp_path / "keys").mkdir()
    before = kiosk._line_stamp()
    (tmp_path / "keys" / "gateway-client.crt").write_text("x")
    assert kiosk._line_stamp() != before
    seen = stamps((tmp_path / "office.json", tmp_path / "tidak-ada"))
    os.utime(tmp_path / "office.json", ns=(1, 1))
    assert stamps((tmp_path / "office.json", tmp_path / "tidak-ada")) != seen and seen[1] is None


def test_an_upload_of_the_former_gateway_is_announced_at_the_new_one() -> None:
    line = HttpGateway("http://127.0.0.1:9", "meja-1", receipt_keys={})
    try:
        with pytest.raises(AnnounceAgain, match="foreign_upload"):
            line.offset("https://lama.example/files/7")
        with pytest.raises(AnnounceAgain):
            line.send_chunk("https://lama.example/files/7", 0, b"x")
    finally:
        line.close()
