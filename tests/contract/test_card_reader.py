"""The contract of CardReader, on the simulator and on real PC/SC with a virtual card."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Protocol

import pytest
import virtual_pcsc
from stub_people import PlainCard, stub_world

from ktpel_kiosk.domain.errors import CaptureFailed, CardRemoved, NotConnected, Stalled
from ktpel_kiosk.hal.driver import Driver
from ktpel_kiosk.ports.devices import DeviceKind


class Bench(Protocol):
    """A reader with a hand that lays cards on it."""

    driver: Driver

    def lay(self) -> None: ...
    def pull(self) -> None: ...
    def tear(self) -> None:
        """Pull the card during the next APDU."""
        ...


class SimulatedBench:
    def __init__(self) -> None:
        self.world = stub_world(realtime=True)
        self.driver = next(d for d in self.world.drivers() if d.kind is DeviceKind.CARD_READER)

    def lay(self) -> None:
        self.world.card_in_reader(PlainCard())

    def pull(self) -> None:
        self.world.take_card()

    def tear(self) -> None:
        self.world.faults.add("card_reader", "torn")

    def stop(self) -> None:
        self.world.close()


class PcscBench:
    def __init__(self, service: virtual_pcsc.PrivatePcscd) -> None:
        from ktpel_kiosk.hal.drivers.pcsc_reader import PcscReaderDriver

        self.service = service
        self.driver = PcscReaderDriver(wanted=("Virtual 00 00",))
        self._card: virtual_pcsc.CardOnSocket | None = None

    def lay(self) -> None:
        self._card = virtual_pcsc.CardOnSocket(self.service.port, PlainCard())

    def pull(self) -> None:
        if self._card is not None:
            self._card.pull()
            self._card = None
            self._wait_until_empty()

    def _wait_until_empty(self) -> None:
        """A hand is slower than a socket: a card laid on before the reader saw the last one leave would be lost."""
        from smartcard import scard

        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        state, end = scard.SCARD_STATE_UNAWARE, time.monotonic() + 3
        while not state & scard.SCARD_STATE_EMPTY and time.monotonic() < end:
            result, states = scard.SCardGetStatusChange(context, 500, [(self.service.reader, state)])
            if result not in (0, scard.SCARD_E_TIMEOUT):
                break
            state = states[0][1] & ~scard.SCARD_STATE_CHANGED
        scard.SCardReleaseContext(context)

    def tear(self) -> None:
        assert self._card is not None
        self._card.tear_at_next_apdu()

    def stop(self) -> None:
        self.pull()


@pytest.fixture(scope="module")
def pcscd() -> Iterator[virtual_pcsc.PrivatePcscd]:
    reason = virtual_pcsc.missing()
    if reason:
        pytest.skip(reason)
    service = virtual_pcsc.of_this_process()
    try:
        service.start()
    except OSError as error:
        service.stop()
        pytest.skip(f"pcscd does not start here: {error}")
    from smartcard import scard

    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, readers = scard.SCardListReaders(context, [])
    scard.SCardReleaseContext(context)
    if service.reader not in (readers or []):
        service.stop()
        pytest.skip("the PC/SC client library of this process already speaks to another service")
    yield service
    service.stop()


@pytest.fixture(params=["simulator", "pcsc"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = SimulatedBench() if request.param == "simulator" else PcscBench(request.getfixturevalue("pcscd"))
    yield made
    made.stop()


@pytest.fixture
def reader(bench: Bench) -> Iterator:
    found = bench.driver.discover()
    assert len(found) == 1
    device = bench.driver.open(found[0])
    yield device
    device.close()


def test_identity_and_probe(reader) -> None:
    assert reader.identity().model
    reader.healthy()


def test_no_card_is_stalled_after_the_time_asked(reader) -> None:
    started = time.monotonic()
    with pytest.raises(Stalled) as raised:
        reader.connect(0.15)
    assert raised.value.message_key == "card_reader.no_card"
    assert 0.1 < time.monotonic() - started < 1.0


def test_card_is_read_and_answers(bench, reader) -> None:
    bench.lay()
    assert reader.connect(3) == PlainCard.atr
    assert reader.transmit(bytes.fromhex("00A40000027F0A")) == b"\x90\x00"
    assert reader.transmit(bytes.fromhex("00B0000036")) == bytes.fromhex("00B00000369000")
    assert reader.transmit(bytes.fromhex("80E20000C8") + bytes(200)) == bytes.fromhex("80E20000C8") + bytes(200) + b"\x90\x00"


def test_connect_waits_for_a_card_that_comes_later(bench, reader) -> None:
    threading.Timer(0.15, bench.lay).start()
    assert reader.connect(4) == PlainCard.atr


def test_pulled_card_is_card_removed_and_the_next_one_works(bench, reader) -> None:
    bench.lay()
    reader.connect(3)
    bench.tear()
    with pytest.raises(CardRemoved):
        reader.transmit(bytes.fromhex("00B0000036"))
    with pytest.raises(CardRemoved):
        reader.transmit(bytes.fromhex("00B0000036"))
    bench.pull()
    bench.lay()
    assert reader.connect(3) == PlainCard.atr
    assert reader.transmit(bytes.fromhex("00A40000027F0A")) == b"\x90\x00"


def test_nothing_is_sent_without_connection(bench, reader) -> None:
    with pytest.raises(CardRemoved):
        reader.transmit(bytes.fromhex("00B0000036"))
    bench.lay()
    reader.connect(3)
    reader.disconnect()
    reader.disconnect()
    with pytest.raises(CardRemoved):
        reader.transmit(bytes.fromhex("00B0000036"))


def test_waiting_can_be_cut_short(reader) -> None:
    threading.Timer(0.1, reader.interrupt).start()
    started = time.monotonic()
    with pytest.raises(CaptureFailed) as raised:
        reader.connect(5)
    assert raised.value.message_key == "device.interrupted"
    assert time.monotonic() - started < 1.5


def test_pcsc_service_stops_and_comes_back(pcscd) -> None:
    bench = PcscBench(pcscd)
    device = bench.driver.open(bench.driver.discover()[0])
    pcscd.stop()
    with pytest.raises(NotConnected):
        device.healthy()
    device.close()
    with pytest.raises(NotConnected) as raised:
        bench.driver.discover()
    assert raised.value.message_key == "card_reader.service"
    pcscd.start()
    again = bench.driver.open(bench.driver.discover()[0])
    bench.lay()
    try:
        assert again.connect(3) == PlainCard.atr
    finally:
        again.close()
        bench.stop()


def test_pcsc_apdu_is_fast(pcscd) -> None:
    bench = PcscBench(pcscd)
    device = bench.driver.open(bench.driver.discover()[0])
    bench.lay()
    try:
        device.connect(3)
        started = time.monotonic()
        for _ in range(50):
            device.transmit(bytes.fromhex("00B0000036"))
        assert (time.monotonic() - started) / 50 < 0.02
    finally:
        device.close()
        bench.stop()


def test_simulated_faults() -> None:
    bench = SimulatedBench()
    device = bench.driver.open(bench.driver.discover()[0])
    bench.lay()
    bench.world.faults.add("card_reader", "mute")
    with pytest.raises(CaptureFailed):
        device.connect(0.1)
    bench.world.faults.add("card_reader", "status", after=1, sw="6982")
    device.connect(0.1)
    assert device.transmit(b"\x00\xA4\x00\x00") == b"\x90\x00"
    assert device.transmit(b"\x00\xA4\x00\x00") == b"\x69\x82"
    bench.world.faults.add("card_reader", "no_card")
    with pytest.raises(Stalled):
        device.connect(0.05)


def test_pcsc_card_torn_and_laid_back_at_once(pcscd) -> None:
    """Faster than the service polls: powering the gone card down would leave the reader blind to the new one."""
    bench = PcscBench(pcscd)
    device = bench.driver.open(bench.driver.discover()[0])
    bench.lay()
    try:
        device.connect(3)
        bench.tear()
        with pytest.raises(CardRemoved):
            device.transmit(bytes.fromhex("00B0000036"))
        bench.lay()
        assert device.connect(3) == PlainCard.atr
        assert device.transmit(bytes.fromhex("00A40000027F0A")) == b"\x90\x00"
    finally:
        device.close()
        bench.stop()
