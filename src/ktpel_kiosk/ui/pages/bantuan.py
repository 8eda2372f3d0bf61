"""F1: what this page is for, the keys, what to do in trouble; beside it the manual, open at the page it was asked from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import Page, put_in, scroll
from ktpel_kiosk.ui.resources import resource_root
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import Tabs
from ktpel_kiosk.ui.widgets.fields import Choice, SearchField
from ktpel_kiosk.ui.widgets.manual import START, ManualView, chapters, hits
from ktpel_kiosk.ui.widgets.tables import Cell, RowsView, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

KEYS = (
    ("F1", "Bantuan ini"), ("F2", "Permohonan baru di loket"), ("F3", "Cari nama, NIK atau nomor register"),
    ("F6", "Pengecualian jari, iris atau tanda tangan"), ("F7", "Ulangi perekaman bagian ini"), ("F8", "Ambil gambar"),
    ("F9", "Tindakan utama di kanan bawah"), ("Esc", "Kembali; tidak ada yang hilang"), ("Tab", "Ke isian berikutnya"),
)
TROUBLE = (
    ("Listrik padam", "Nyalakan kembali. Semua yang sudah direkam tersimpan; permohonan terbuka di langkah terakhir."),
    ("Tidak ada jaringan", "Lanjutkan melayani. Paket terkirim sendiri, yang tertua dahulu, saat jaringan kembali."),
    ("Perangkat bermasalah", "Tekan lambang perangkat di atas untuk membaca apa yang harus dilakukan. Pekerjaan lain tetap jalan."),
    ("Printer kartu berhenti", "Buka Cetak. Layar bertanya apakah kartu sudah jadi; jawab sesuai kartu di tangan Anda."),
    ("Salah ketik setelah diterima", "Buka Perekaman, pilih baris yang salah di layar data. Perubahan tercatat atas nama Anda."),
)
VIEWS = HERE, PRESS, TROUBLED = ("ini", "tombol", "masalah")


@cache
def topics() -> dict[str, dict[str, Any]]:
    """By page: ``title``, ``lines`` of (what, how), and ``manual``: chapter and perhaps a heading of it."""
    with (resource_root() / "i18n" / "id" / "help.toml").open("rb") as file:
        return tomllib.load(file)


class BantuanPage(Page):
    """Esc goes back to the page it tells of. ``opened(about=…)``: the page it was asked from."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.about = ""
        self.title = label("Bantuan", "title", weight="bold")
        self.wall = Button("Cetak kartu ringkas", icon="printer")
        self.wall.setToolTip("Satu halaman untuk ditempel di dekat meja")
        self.wall.clicked.connect(self._print_card)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.wall)
        self.frame.addLayout(head)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self._short(), 4)
        line.addWidget(self._manual(), 7)
        self.frame.addLayout(line, 1)

    def _short(self) -> Card:
        card = Card(20, 12)
        self.tabs = Tabs(((HERE, "Halaman ini"), (PRESS, "Tombol"), (TROUBLED, "Masalah")), "Bagian bantuan")
        self.tabs.chosen.connect(self._turn)
        self._filled = {HERE}
        self.here = QVBoxLayout()
        self.here.setSpacing(12)
        self.views = QStackedWidget()
        self.views.addWidget(_framed(self.here))
        for _later in (PRESS, TROUBLED):
            self.views.addWidget(QWidget())
        card.body.addWidget(self.tabs)
        card.body.addWidget(self.views, 1)
        kantor = self.shell.desk.sop.kantor
        contact = " · ".join(x for x in (kantor.telepon, kantor.email) if x)
        card.body.addWidget(label(f"{kantor.nama} · {contact}" if contact else kantor.nama, "small", tone="muted", wrap=True))
        return card

    def _keys(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(14)
        practice = (("F12", "Kendali latihan: gangguan, kartu, jalur"),) if self.shell.desk.practice is not None else ()
        for i, (key, text) in enumerate((*KEYS, *practice)):
            grid.addWidget(Chip(key, "accent"), i, 0)
            grid.addWidget(label(text, wrap=True), i, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        return grid

    @staticmethod
    def _trouble() -> QVBoxLayout:
        made = QVBoxLayout()
        made.setSpacing(12)
        _fill(made, TROUBLE)
        return made

    def _manual(self) -> Card:
        card = Card(20, 12)
        self.chapters = Choice()
        self.chapters.setAccessibleName("Bab panduan")
        self.chapters.fill(chapters(), empty="")
        self.chapters.activated.connect(lambda _i: self.read(str(self.chapters.currentData())))
        self.search = SearchField("Cari di panduan")
        self.search.searched.connect(self._search)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.chapters, 3)
        line.addWidget(self.search, 2)
        card.body.addLayout(line)
        self.view = ManualView()
        self.view.turned.connect(self._turned)
        self.found = RowsView("Yang ditemukan di panduan", ("Bagian", "Kalimat"), stretch=1, widths=(220,))
        self.found.opened.connect(self._open_hit)
        self.found.clicked.connect(lambda index: self._open_hit(self.found.rows.key(index.row())))
        self.pages = QStackedWidget()
        self.pages.addWidget(self.view)
        self.pages.addWidget(self.found)
        card.body.addWidget(self.pages, 1)
        return card

    # -- what is shown -------------------------------------------------------------------------------------------------

    def opened(self, **args: Any) -> None:
        self.about = str(args.get("about", ""))
        found = topics().get(self.about)
        self.title.setText(f"Bantuan: {found['title']}" if found else "Bantuan")
        clear_layout(self.here)
        _fill(self.here, ((what, how) for what, how in found["lines"]) if found else ())
        self.tabs.choose(HERE if found else TROUBLED)
        self.search.clear()
        chapter, _, heading = str(found.get("manual", START) if found else START).partition("#")
        self.read(chapter, heading)

    def read(self, chapter: str, heading: str = "") -> None:
        """Open the manual at a chapter, at the heading that begins so."""
        self.pages.setCurrentWidget(self.view)
        self.view.show_chapter(chapter, heading)
        self._turned(self.view.chapter)

    def _turned(self, chapter: str) -> None:
        self.chapters.setCurrentIndex(max(0, self.chapters.findData(chapter)))

    def _search(self, text: str) -> None:
        if len(text) < 3:
            self.pages.setCurrentWidget(self.view)
            return
        titles = dict(chapters())
        rows = [TableRow(f"{chapter}#{heading}#{at}", (Cell(heading or titles[chapter], bold=True), Cell(line)))
                for at, (chapter, heading, line) in enumerate(hits(text))]
        nothing = TableRow("", (Cell("Tidak ditemukan", muted=True), Cell("Coba kata lain, misalnya nama tombolnya.")))
        self.found.rows.set_rows(rows or [nothing])
        self.pages.setCurrentWidget(self.found)

    def _open_hit(self, key: str) -> None:
        chapter, heading, *_at = (*key.split("#"), "", "")
        if chapter:
            self.read(chapter, heading)

    def _turn(self, key: str) -> None:
        self.views.setCurrentIndex(VIEWS.index(key))
        if key not in self._filled:
            self.shell.bridge.soon(lambda: self._fill_view(key), self)

    def _fill_view(self, key: str) -> None:
        if key not in self._filled:
            self._filled.add(key)
            now = self.views.currentIndex()
            put_in(self.views, VIEWS.index(key), _framed(self._keys() if key == PRESS else self._trouble()))
            self.views.setCurrentIndex(now)

    def prepare(self) -> Iterator[None]:
        for key in VIEWS:
            self._fill_view(key)
            yield

    def _print_card(self) -> None:
        from ktpel_kiosk.desk import slips
        actor, desk = self.session.actor, self.shell.desk
        self.ask(lambda: slips.print_quick_card(desk, actor),
                 lambda _job: self.shell.tell("good", "Ambil di printer dokumen, tempel di dekat meja.", bold="Kartu ringkas dicetak."))

    def back(self) -> bool:
        if self.pages.currentWidget() is self.found:
            self.search.clear()
            self.pages.setCurrentWidget(self.view)
            return True
        if self.about not in topics():
            return False
        self.shell.go(self.about)
        return True


def _framed(filled: QLayout) -> QScrollArea:
    inner = QWidget()
    filled.setContentsMargins(0, 0, 8, 0)
    inner.setLayout(filled)
    return scroll(inner)


def _fill(box: QVBoxLayout, lines: Iterable[tuple[str, str]]) -> None:
    for title, text in lines:
        box.addLayout(column(label(title, "body", weight="semibold", wrap=True), label(text, "body", tone="muted", wrap=True), spacing=2))
    box.addStretch(1)
