"""Tempat cadangan: another disk, proved by writing to it; may follow later, with a warning that stays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.setup import BackupPlace, SetupStage
from ktpel_kiosk.ui.first_run.facts import bytes_words
from ktpel_kiosk.ui.first_run.files import choose_folder
from ktpel_kiosk.ui.first_run.page import SetupPage
from ktpel_kiosk.ui.first_run.places import PlaceList

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.window import SetupWindow


class BackupPage(SetupPage):
    stage = SetupStage.BACKUP

    def __init__(self, window: SetupWindow) -> None:
        super().__init__(window, "Tempat cadangan", "Register disalin setiap hari ke disk lain, sehingga disk yang rusak tidak "
                         "menghilangkan data warga. Salinannya tersandi.")
        self.place: BackupPlace | None = None
        self.places = PlaceList("Tempat cadangan", lambda parent, chosen: choose_folder(parent, "Folder cadangan", chosen))
        self.places.chosen.connect(self.try_place)
        self.places.wanted.connect(self._search)
        self.body.addWidget(self.places)
        self.body.addStretch(1)

    def opened(self) -> None:
        self._lead()
        self._search()

    def _search(self) -> None:
        self.ask(self.setup.backup_places, lambda found: self._found(tuple(found)))

    def _found(self, found: tuple[BackupPlace, ...]) -> None:
        self.places.show_places(found, self.progress.answers.backup)
        if not found and not self.progress.answers.backup:
            self.message.show_text("info", "Sambungkan disk USB atau pilih folder di jaringan, lalu tekan Cari lagi.",
                                   bold="Tidak ada disk lain yang terlihat.")
        elif self.message.kind == "info":
            self.message.hide()
        self.places.list.focus()

    def try_place(self, path: str) -> None:
        """Write, read back, and only then remember it."""
        self.place = None
        self.message.show_text("info", "Mencoba menulis …")
        self.lead("Lanjut", ready=False)
        self.ask(lambda: self.setup.try_backup_place(Path(path)), self._tried, self._failed)

    def _tried(self, place: BackupPlace) -> None:
        self.place = place
        self.places.tell(place)
        if place.problem:
            self.message.show_text("attention", place.problem, bold="Tempat ini tidak dipakai.")
            self.progress.set(backup="")
        else:
            free = f" {bytes_words(place.free_bytes)} kosong." if place.free_bytes else ""
            self.message.show_text("good", f"Uji tulis dan baca berhasil.{free}", bold=f"{place.title} siap dipakai.")
            self.progress.set(backup=str(place.path))
        self.places.list.focus()
        self._lead()

    def _failed(self, error: KioskError) -> None:
        self.progress.set(backup="")
        self.trouble(error)
        self._lead()

    def _lead(self) -> None:
        if self.progress.answers.backup:
            self.lead("Lanjut")
        else:
            self.lead("Lanjut tanpa cadangan")

    def forward(self) -> None:
        warned = self.message.kind == "attention" and "satu disk" in self.message.plain()
        if self.progress.answers.backup or warned:
            self.shell.next()
            return
        self.message.show_text("attention", "bila satu disk ini rusak, semua data hilang. Tempatnya dapat dipilih nanti di "
                               "Pengaturan, bagian Cadangan. "
                               "Tekan sekali lagi untuk melanjutkan.", bold="Tanpa cadangan,")
