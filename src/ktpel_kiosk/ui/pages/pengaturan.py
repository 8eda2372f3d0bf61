"""Pengaturan: the office, its SOP, calendar, population list, officers, devices, blangko and the look."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout

from ktpel_kiosk.desk import away, sign_in_bound, station_care, updates
from ktpel_kiosk.ui.pages.base import Page, apart, scroll, whole
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
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.presenters.settings import SettingsPresenter
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.section_nav import NavSection, SectionNav

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

SECTIONS: tuple[tuple[str, str], ...] = (
    ("kantor", "Kantor"), ("sop", "SOP"), ("kalender", "Kalender"), ("penduduk", "Penduduk"), ("petugas", "Petugas"),
    ("perangkat", "Perangkat"), ("sambungan", "Sambungan"), ("simpanan", "Simpanan"), ("blangko", "Blangko"),
    ("rekam", "Perekaman"), ("mutu", "Mutu layanan"), ("masa", "Masa simpan data"), ("akses", "Catatan akses"),
    ("kegagalan", "Kegagalan data"), ("tampilan", "Tampilan"),
)
SERVING: tuple[tuple[str, str], ...] = (("sedia", "Susulan Dinas"), ("kunci", "Kunci & sertifikat"), ("cadangan", "Cadangan"))
"""Only at a desk that serves people; practice has keys and a gateway of its own."""
NEWER: tuple[tuple[str, str], ...] = (("pembaruan", "Pembaruan"),)
"""Only at a desk that serves people."""
BOUND: tuple[tuple[str, str], ...] = (("masuk", "Masuk tanpa pusat"),)
"""Only where signing in without the centre ends; a practice office is not bound."""
SHARED: tuple[tuple[str, str], ...] = (("server", "Server kantor"),)
"""Only where several desks share one register."""
LATE: dict[str, str] = {"server": "settings_away:AwaySection",
                        "masa": "settings_keeping:KeepingSection", "akses": "settings_access_log:AccessLogSection",
                        "kegagalan": "settings_breach:BreachSection",
                        "masuk": "settings_alone:AloneSection",
                        "kunci": "settings_certificates:CertificatesSection", "cadangan": "settings_copies:CopiesSection",
                        "sedia": "settings_provision:ProvisionSection",
                        "pembaruan": "settings_update:UpdateSection"}
"""Imported only where they are shown."""
MAKERS: dict[str, Any] = {"kantor": OfficeSection, "sop": SopSection, "kalender": CalendarSection, "penduduk": PopulationSection,
                          "petugas": PeopleSection, "perangkat": DevicesSection, "sambungan": LineSection, "simpanan": RetentionSection,
                          "blangko": BlangkoSection, "rekam": CaptureSection, "mutu": QualitySection, "tampilan": LookSection}

GROUPS: tuple[tuple[str, str], ...] = (
    ("Kantor", "kantor sop kalender penduduk mutu sedia"), ("Meja ini", "tampilan perangkat rekam blangko pembaruan"),
    ("Orang dan kunci", "petugas masuk kunci"), ("Data", "sambungan server simpanan cadangan"),
    ("Pelindungan data", "masa akses kegagalan"),
)
"""Groups of the list with the keys of their sections, in order; a section that none names stands in the last."""
ICONS = {"kantor": "inbox", "sop": "list-checks", "kalender": "calendar", "penduduk": "users", "mutu": "message-square",
         "tampilan": "contrast", "perangkat": "printer", "rekam": "scan-face", "blangko": "credit-card", "petugas": "user",
         "masuk": "wifi-off", "sedia": "usb", "server": "hard-drive",
         "kunci": "lock", "sambungan": "wifi", "simpanan": "hard-drive", "cadangan": "save", "pembaruan": "package-check",
         "masa": "clock", "akses": "eye", "kegagalan": "megaphone"}
WORDS = {"kantor": "kop surat alamat telepon jam layanan nomor register penanda tangan stasiun",
         "sop": "langkah alur mutu baku syarat standar pelayanan temuan versi",
         "kalender": "libur cuti bersama hari kerja tanggal merah", "penduduk": "impor daftar NIK desa SIAK excel CSV",
         "mutu": "maklumat pengaduan survei IKM bobot format nomor", "rekam": "sidik jari iris mata wajah foto ambang percobaan NFIQ ganda",
         "tampilan": "warna kontras ukuran tulisan huruf gerak papan ketik keyboard gelap terang animasi",
         "perangkat": "kamera pemindai printer uji tes pad tanda tangan struk barcode berita acara rusak",
         "blangko": "terima stok BAST seri kartu kosong", "petugas": "pengguna kata sandi password peran akun nonaktif",
         "server": "meja sendiri gabung bersama terputus salinan kerja nomor cadangan",
         "masuk": "izin offline tanpa jaringan perpanjang hari pusat terkunci",
         "kunci": "sertifikat enkripsi cadangan kunci", "sambungan": "server jaringan internet proksi kecepatan jam kirim sertifikat",
         "simpanan": "masa simpan pemusnahan hapus ruang kosong disk retensi", "cadangan": "backup pulihkan restore USB salinan",
         "masa": "retensi lama simpan hapus jadwal UU PDP privasi", "akses": "siapa melihat log alasan NIK privasi pengawasan",
         "sedia": "bundel flashdisk USB provision penyediaan petugas baru SOP penduduk",
         "pembaruan": "versi update pasang aplikasi terbaru USB",
         "kegagalan": "insiden bocor hilang pemberitahuan lembaga 72 jam UU PDP privasi"}
LIST_FROM = 1000
"""Design pixels of the page from which the list stands beside the sections; below it is one line above them."""


def sections(session: Session) -> tuple[tuple[str, str], ...]:
    """Keys and titles of what this desk has."""
    found = (*SECTIONS, *SERVING) if station_care.offered(session.desk) else SECTIONS
    found = (*found, *NEWER) if updates.offered(session.desk) else found
    found = (*found, *SHARED) if away.offered(session.desk) else found
    return (*found, *BOUND) if sign_in_bound.offered(session.desk) else found


def nav_sections(of: tuple[tuple[str, str], ...] = SECTIONS) -> list[NavSection]:
    """The sections as the list shows them."""
    titles = dict(of)
    order = [(group, key) for group, keys in GROUPS for key in keys.split() if key in titles]
    known = {key for _group, key in order}
    order += [(GROUPS[-1][0], key) for key in titles if key not in known]
    return [NavSection(key, titles[key], ICONS.get(key, "settings"), group, WORDS.get(key, "")) for group, key in order]


class PengaturanPage(Page):
    """Sections are built when first opened; ``opened(section=…)`` goes to one, ``device=…`` to a kind of device, ``own=True`` to the
    own password."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = SettingsPresenter(window.session)
        self.office_data = OfficeDataPresenter(window.session)
        self._sections: dict[str, Any] = {}
        self._held: dict[str, QScrollArea] = {}
        self._open = ""
        self.tabs = SectionNav(nav_sections(sections(window.session)), "Bagian pengaturan", "Cari pengaturan")
        self.tabs.chosen.connect(self._go)
        self.stack = QStackedWidget()
        self.title = label("Pengaturan", "title", weight="bold")
        part = QVBoxLayout()
        part.setSpacing(8)
        part.addWidget(self.title)
        part.addWidget(self.stack, 1)
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._both.setSpacing(20)
        self._both.addWidget(self.tabs)
        self._both.addLayout(part, 1)
        self.frame.addLayout(self._both, 1)

    def section(self, key: str) -> Any:
        """The section, built now if it was never opened."""
        if key not in self._sections:
            self._hold(key, whole(self._made(key)))
        for _ in self._sections[key].rest:
            pass
        return self._sections[key]

    def _made(self, key: str) -> Iterator[Any]:
        made: Iterator[Any] = self._class(key).in_turns(self)
        return made

    def _lacks(self, key: str) -> bool:
        return key not in self._sections

    def _hold(self, key: str, made: Any) -> None:
        self._sections[key] = made
        self._held[key] = scroll(made)  # with large letters on a small screen a section is higher than the window
        self.stack.addWidget(self._held[key])

    @staticmethod
    def _class(key: str) -> Any:
        if key not in LATE:
            return MAKERS[key]
        module, name = LATE[key].split(":")
        return getattr(import_module(f"ktpel_kiosk.ui.pages.{module}"), name)

    def prepare(self) -> Iterator[None]:
        for key, _title in sections(self.session):
            if key not in self._sections:
                yield from apart(self._made(key), partial(self._hold, key), partial(self._lacks, key))
                yield
                yield from self._sections[key].rest
            yield

    def dropped(self) -> None:
        devices = self._sections.get("perangkat")
        if devices is not None:
            devices.dropped()

    def opened(self, **args: Any) -> None:
        wanted = str(args.get("section") or self.tabs.current)
        self.tabs.choose(wanted if self.tabs.has(wanted) else "kantor")  # a place kept from the other mode may name what is not here
        self.section(self.tabs.current).opened()
        if args.get("device"):
            self.section("perangkat").choose(str(args["device"]), str(args.get("tab", "keadaan")))

        if args.get("own"):
            self.section("petugas").ask_own()

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
        self.title.setText(self.tabs.title(key))
        self.primary = section.primary
        section.opened()

    def scanned(self, code: str) -> bool:
        section = self.section(self.tabs.current) if self.tabs.current else None
        return section is not None and hasattr(section, "scanned") and bool(section.scanned(code))

    def back(self) -> bool:
        return bool(self.tabs.current) and bool(self.section(self.tabs.current).back())

    # -- room ---------------------------------------------------------------------------------------------------------

    def _fit(self) -> None:
        """The list where it leaves the sections room; else one line above them, which names the section as the title would."""
        narrow = self.width() < theme_of(self).px(LIST_FROM)
        self.tabs.set_narrow(narrow)
        self.title.setVisible(not narrow)
        self.title.setMinimumHeight(0 if narrow else self.tabs.search.sizeHint().height())
        self._both.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self._both.setSpacing(12 if narrow else 20)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_both"):
            self._fit()
