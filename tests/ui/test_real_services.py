"""From PRR to the hand in the real windows, on services nobody here wrote: pcscd with a virtual reader, CUPS with ippeveprinter.

Every device is taken away and put back on the way: the queue, the scheduler, the card service, the card. Only the biometrics are doubles.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import PASSWORD, FakeDevices, FakeOffice
from pagekit import PageBench

sys.path.append(str(Path(__file__).resolve().parents[1] / "contract"))

import cups_service
import virtual_pcsc

from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.cards.chip import SpecimenPersonaliser
from ktpel_kiosk.cards.face import PillowCardRenderer
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.hal.simulators.foreign_card import ForeignCard
from ktpel_kiosk.hal.simulators.specimen_card import SpecimenCard
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind
from ktpel_kiosk.ui.pages.cetak import CetakPage
from ktpel_kiosk.ui.pages.penyerahan import PenyerahanPage

REAL = (DeviceKind.CARD_READER, DeviceKind.CARD_PRINTER, DeviceKind.DOCUMENT_PRINTER)
PATIENCE_S = 25.0


class MixedDevices(FakeDevices):
    """Reader and printers through the real manager, the others as ever."""

    def __init__(self, manager: DeviceManager) -> None:
        super().__init__()
        self.manager = manager

    def states(self) -> list[Any]:
        return [*(s for s in super().states() if s.kind not in REAL), *(s for s in self.manager.states() if s.kind in REAL)]

    def subscribe(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        leave, others = self.manager.subscribe(lambda s: listener(s) if s.kind in REAL else None), super().subscribe(listener)
        return lambda: (leave(), others())[0]

    def call(self, kind: DeviceKind, operation: str, work: Callable[[Any], Any], deadline_s: float) -> Any:
        return (self.manager if kind in REAL else super()).call(kind, operation, work, deadline_s)

    def health_of(self, kind: DeviceKind) -> DeviceHealth:
        return next(s.health for s in self.manager.states() if s.kind is kind)


class Place:
    """The office, its services and the hands at them."""

    def __init__(self, qtbot: Any, cups: cups_service.PrivateCups, pcscd: virtual_pcsc.PrivatePcscd) -> None:
        from ktpel_kiosk.hal.drivers.ipp import CupsCardPrinterDriver, CupsDocumentPrinterDriver
        from ktpel_kiosk.hal.drivers.pcsc_reader import PcscReaderDriver

        self.cups, self.pcscd, self.qtbot = cups, pcscd, qtbot
        drivers = [PcscReaderDriver(wanted=("Virtual 00 00",)), CupsCardPrinterDriver("kartu", cups.server),
                   CupsDocumentPrinterDriver("kantor", cups.server)]
        quick = Deadlines({"discovery.interval": 0.2, "actor.reopen": 0.1, "actor.probe_interval": 0.3})
        self.devices = MixedDevices(DeviceManager(drivers, quick))
        self.devices.manager.settle(10)
        self.office = FakeOffice()
        self.office.judge.template = lambda data: b"FMR\0 20\0" + data[:8] * 20  # type: ignore[method-assign]
        self.pages = PageBench(qtbot, self.office)
        self._card: virtual_pcsc.CardOnSocket | None = None

    def furnish(self) -> Permohonan:
        """An application at the printer; from here on with real devices, chip and card face."""
        p = self.office.to_stage(0, Stage.CETAK_ENCODE)
        self.office.devices = self.devices
        self.office.desk = replace(self.office.desk, devices=self.devices, personaliser=SpecimenPersonaliser(),
                                   renderer=PillowCardRenderer(resources()), capture_timeout_s=4.0, print_timeout_s=20.0)
        return p

    def lay(self, card: Any) -> None:
        self.pull()
        self._card = virtual_pcsc.CardOnSocket(self.pcscd.port, card)

    def tear_at_next_apdu(self) -> None:
        assert self._card is not None
        self._card.tear_at_next_apdu()

    def pull(self) -> None:
        if self._card is not None:
            self._card.pull()
            self._card = None
            time.sleep(0.5)

    def until(self, ready: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not ready():
            assert time.monotonic() < end, (what, [s for s in self.devices.manager.states() if s.kind in REAL])
            self.qtbot.wait(30)

    def close(self) -> None:
        self.pull()
        self.pages.close()
        self.devices.manager.close()


@pytest.fixture
def place(qtbot: Any) -> Iterator[Place]:
    reason = virtual_pcsc.missing() or cups_service.missing()
    if reason:
        pytest.skip(reason)
    cups, pcscd = cups_service.PrivateCups(), virtual_pcsc.of_this_process()
    try:
        pcscd.start()
        cups.start()
        cups.printer("kartu", cups_service.card_attributes(formats="application/pdf"))
        cups.printer("kantor")
        cups.queue("kartu")
        cups.queue("kantor")
    except OSError as error:
        cups.stop()
        pcscd.stop()
        pytest.skip(f"a service does not start here: {error}")
    made = Place(qtbot, cups, pcscd)
    yield made
    made.close()
    cups.stop()
    pcscd.stop()


def jobs(place: Place, p: Permohonan) -> list[Any]:
    return list(place.office.register.read(lambda v: v.card_jobs(p.id)))


def stock(place: Place) -> tuple[int, int, int, int]:
    b = place.office.register.read(lambda v: v.blangko_balance())
    assert b.balanced
    return b.stok, b.dipakai, b.baik, b.rusak


def spoil(place: Place, page: CetakPage, reason: str) -> None:
    (page.spoil if page.spoil.isVisible() else page.primary).click()
    page.spoil_area.reason.set_value(reason)
    page.spoil_area.second.username.set_value(place.office.actors[Peran.KASI].username)
    page.spoil_area.second.password.set_value(PASSWORD)
    page.primary.click()
    place.pages.wait()


def test_from_prr_to_the_hand_with_every_device_taken_away_on_the_way(place: Place) -> None:
    p = place.furnish()
    whole = stock(place)[0]
    page: CetakPage = place.pages.open("cetak", CetakPage, id=p.id)
    for kind in REAL:
        place.until(lambda k=kind: place.devices.health_of(k) is DeviceHealth.READY, f"{kind} is ready at first")  # type: ignore[misc]

    # the printer is off: one sentence, the blank stays in stock
    place.cups.stop_scheduler()
    place.until(lambda: place.devices.health_of(DeviceKind.CARD_PRINTER) is not DeviceHealth.READY, "the printer is missed")
    press(place, page, "send")
    assert page.fault.plain() and stock(place) == (whole, 0, 0, 0)
    place.cups.start_scheduler()
    place.until(lambda: place.devices.health_of(DeviceKind.CARD_PRINTER) is DeviceHealth.READY, "the printer is back without a restart")

    # a card jams: spoiled before two officers
    place.cups.fault("kartu", "jam")
    press(place, page, "send")
    place.until(lambda: jobs(place, p) and jobs(place, p)[-1].state in (JobState.SENT, JobState.UNKNOWN), "the card was handed over")
    place.until(lambda: (page.spoil.isVisible() and page.spoil.isEnabled())
                or (page.primary.isEnabled() and "rusak" in page.primary.text()), "a spoiled card can be said")
    spoil(place, page, "Kartu macet")
    assert [j.state for j in jobs(place, p)] == [JobState.SPOILED] and stock(place) == (whole - 1, 0, 0, 1)
    place.cups.fault("kartu", "none")
    place.cups.power_off("kartu")
    place.cups.power_on("kartu")

    # the second one comes out, and what came out is what the screen shows
    place.until(lambda: page.view is not None and page.view.action == "send" and page.primary.isEnabled(), "it may be printed again")
    before = len(place.cups.jobs("kartu"))
    press(place, page, "send")
    place.until(lambda: len(place.cups.jobs("kartu")) == before + 1, "a card fell into the hopper")
    place.until(lambda: page.view is not None and page.view.action == "good" and page.primary.isEnabled(), "the officer looks at it")

    # the chip: nothing on the reader, the service gone, a bus card, torn away, then our card
    press(place, page, None)
    place.until(lambda: jobs(place, p)[-1].state is JobState.PRINTED and bool(page.fault.plain()), "no card on the reader")
    place.pcscd.stop()
    place.until(lambda: place.devices.health_of(DeviceKind.CARD_READER) is not DeviceHealth.READY, "the reader is missed")
    press(place, page, None)
    assert jobs(place, p)[-1].state is JobState.PRINTED
    place.pcscd.start()
    place.until(lambda: place.devices.health_of(DeviceKind.CARD_READER) is DeviceHealth.READY, "the reader is back")
    place.lay(ForeignCard())
    press(place, page, None)
    assert jobs(place, p)[-1].state is JobState.PRINTED and page.fault.plain()
    card = SpecimenCard(seed=11)
    place.lay(card)
    place.tear_at_next_apdu()
    press(place, page, None)
    assert jobs(place, p)[-1].state is JobState.PRINTED
    place.lay(card)
    press(place, page, None)
    place.until(lambda: jobs(place, p)[-1].state is JobState.CONFIRMED, "written, read back, compared")
    assert jobs(place, p)[-1].chip_uid == card.uid.hex().upper()
    assert stock(place) == (whole - 2, 0, 1, 1)

    # activation and handover: another card is refused, the right one goes to the applicant's hand
    counter: PenyerahanPage = place.pages.open("penyerahan", PenyerahanPage, id=p.id)
    place.lay(SpecimenCard(seed=12))
    counter.primary.click()
    place.pages.wait()
    assert place.office.read(p.id).current().stage is Stage.AKTIVASI and counter.message.plain()
    place.lay(card)
    counter.primary.click()
    place.pages.wait()
    while (tahap := place.office.read(p.id).current()) is not None and tahap.stage is Stage.SERAH_LOKET:
        counter.primary.click()
        place.pages.wait()
    assert place.office.read(p.id).current().stage is Stage.SERAH_PEMOHON
    counter.primary.click()  # the signature
    place.pages.wait()
    place.lay(SpecimenCard(seed=12))
    counter.primary.click()
    place.pages.wait()
    assert place.office.read(p.id).keadaan is Keadaan.BERJALAN and counter.message.plain(), "not with another card on the reader"
    place.lay(card)
    counter.primary.click()
    place.pages.wait()
    assert place.office.read(p.id).keadaan is Keadaan.SELESAI
    proof = place.office.register.read(lambda v: v.handover(p.id))
    assert proof is not None and proof.card_read and proof.card_uid == card.uid.hex().upper() and proof.activated
    assert [j.state for j in jobs(place, p)] == [JobState.SPOILED, JobState.CONFIRMED]


def press(place: Place, page: CetakPage, action: str | None) -> None:
    """The main button, once it stands for ``action`` and may be pressed; then wait for the answer."""
    def ready() -> bool:
        stands = action is None or (page.view is not None and page.view.action == action)
        return page.primary.isEnabled() and not page.busy and stands

    place.until(ready, f"the button for {action}")
    page.primary.click()
    place.until(lambda: not page.busy, "an answer")
    place.pages.wait()
