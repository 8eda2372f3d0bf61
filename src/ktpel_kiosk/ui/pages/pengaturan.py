"""Pengaturan: the office, its SOP, calendar, population list, officers, devices, blangko and the look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QScrollArea, QStackedWidget

from ktpel_kiosk.ui.pages.base import Page, scroll
from ktpel_kiosk.ui.pages.settings_calendar import CalendarSection
from ktpel_kiosk.ui.pages.settings_capture import CaptureSection
from ktpel_kiosk.ui.pages.settings_devices import DevicesSection
from ktpel_kiosk.ui.pages.settings_line import LineSection
from ktpel_kiosk.ui.pages.settings_office import LookSection, OfficeSection
from ktpel_kiosk.ui.pages.settings_people import BlangkoSection, PeopleSection
from ktpel_kiosk.ui.pages.settings_population import PopulationSection
from ktpel_kiosk.ui.pages.settings_quality import QualitySection
from ktpel_kiosk.ui.pages.settings_retention import RetentionSection
from ktpel_kiosk.ui.pages.settings_sop import SopSection
from ktpel_kiosk.ui.presenters.office_data import OfficeDataPresenter
from ktpel_kiosk.ui.presenters.settings import SettingsPresenter
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.extra import Tabs

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

SECTIONS: tuple[tuple[str, str], ...] = (
    ("kantor", "Kantor"), ("sop", "SOP"), ("kalender", "Kalender"), ("penduduk", "Penduduk"), ("petugas", "Petugas"),
    ("perangkat", "Perangkat"), ("sambungan", "Sambungan"), ("simpanan", "Simpanan"), ("blangko", "Blangko"),
    ("rekam", "Perekaman"), ("mutu", "Mutu layanan"), ("tampilan", "Tampilan"),
)
MAKERS: dict[str, Any] = {"kantor": OfficeSection, "sop": SopSection, "kalender": CalendarSection, "penduduk": PopulationSection,
                          "petugas": PeopleSection, "perangkat": DevicesSection, "sambungan": LineSection, "simpanan": RetentionSection,
                          "blangko": BlangkoSection, "rekam": CaptureSection, "mutu": QualitySection, "tampilan": LookSection}


class PengaturanPage(Page):
    """Sections are built when first opened; ``opened(section=…)`` goes to one, ``device=…`` to a kind of device."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = SettingsPresenter(window.session)
        self.office_data = OfficeDataPresenter(window.session)
        self._sections: dict[str, Any] = {}
        self._held: dict[str, QScrollArea] = {}
        self._open = ""
        self.tabs = Tabs(SECTIONS, "Bagian pengaturan", wrap=True)
        self.tabs.chosen.connect(self._go)
        self.stack = QStackedWidget()
        self.frame.setSpacing(12)
        self.frame.addWidget(label("Pengaturan", "title", weight="bold"))
        self.frame.addWidget(self.tabs)
        self.frame.addSpacing(4)
        self.frame.addWidget(self.stack, 1)

    def section(self, key: str) -> Any:
        """The section, built now if it was never opened."""
        if key not in self._sections:
            made = MAKERS[key](self)
            self._sections[key] = made
            self._held[key] = scroll(made)  # with large letters on a small screen a section is higher than the window
            self.stack.addWidget(self._held[key])
        return self._sections[key]

    def prepare(self) -> Iterator[None]:
        for key, _title in SECTIONS:
            self.section(key)
            yield

    def opened(self, **args: Any) -> None:
        self.tabs.choose(str(args.get("section") or self.tabs.current or "kantor"))
        self.section(self.tabs.current).opened()
        if args.get("device"):
            self.section("perangkat").choose(str(args["device"]), str(args.get("tab", "keadaan")))

    def place(self) -> dict[str, str]:
        return {"section": self.tabs.current} if self.tabs.current else {}

    def closed(self) -> None:
        if self.tabs.current:
            self.section(self.tabs.current).closed()

    def refresh(self) -> None:
        if self.tabs.current:
            self.section(self.tabs.current).refresh()

    def _go(self, key: str) -> None:
        if self._open:
            self.section(self._open).closed()
        section = self.section(key)
        self._open = key
        self.stack.setCurrentWidget(self._held[key])
        self.primary = section.primary
        section.opened()

    def back(self) -> bool:
        return bool(self.tabs.current) and bool(self.section(self.tabs.current).back())
