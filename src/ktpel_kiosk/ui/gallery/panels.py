"""Cards, panels for decisions, empty places."""

from __future__ import annotations

from collections.abc import Iterator

from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit
from ktpel_kiosk.ui.presenters.statuses import Explained, SaidRow
from ktpel_kiosk.ui.presenters.unsettled import Question
from ktpel_kiosk.ui.widgets.base import Card, Line, label
from ktpel_kiosk.ui.widgets.decisions import ReasonPanel, SuperiorPanel
from ktpel_kiosk.ui.widgets.explain import StatusHistory, StatusText
from ktpel_kiosk.ui.widgets.extra import DocRow
from ktpel_kiosk.ui.widgets.manual import ManualView
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import EmptyState
from ktpel_kiosk.ui.widgets.unsettled import UnsettledSection

GROUP = "Kartu dan panel"


@exhibit(GROUP, "Kartu, garis, tempat kosong, surat", order=120)
def cards(_stage: Stage) -> Iterator[Specimen]:
    card = Card()
    for step, weight in (("title", "bold"), ("strong", "semibold"), ("body", ""), ("small", "")):
        card.body.addWidget(label(f"Huruf {step} 0123456789", step, weight=weight))
    card.body.addWidget(Line())
    for tone in ("muted", "faint", "accent", "good", "attention", "trouble"):
        card.body.addWidget(label(f"Nada {tone}", "body", tone=tone))
    yield Specimen("huruf dan nada", card, width=360)
    empty = EmptyState("inbox", "Belum ada berkas", "Berkas baru dari loket muncul di sini.")
    yield Specimen("tempat kosong", empty, width=360, height=240)
    yield Specimen("surat", DocRow("Tanda terima 0042/KTP/XI/2026", "26 November 2026, 09.15 WIB"), width=520)


@exhibit(GROUP, "Keputusan", order=121)
def decisions(_stage: Stage) -> Iterator[Specimen]:
    reasons = ReasonPanel("Kembalikan berkas", "Kembalikan", ("berkas_tidak_lengkap", "data_tidak_cocok"))
    reasons.ask(("berkas_tidak_lengkap",), (("kk", "Fotokopi Kartu Keluarga", True), ("f102", "Formulir F-1.02", False)))
    yield Specimen("alasan", reasons, width=420, height=520)
    superior = SuperiorPanel()
    superior.ask("Pemohon belum 17 tahun.", "Kasi Pelayanan, Camat", own=False)
    yield Specimen("izin atasan", superior, width=420)
    second = SecondPerson("Petugas kedua", "Kartu rusak hanya tercatat bila petugas lain ikut memeriksa.")
    second.ready()
    yield Specimen("petugas kedua, kosong", second, width=560)


@exhibit(GROUP, "Hasil belum pasti", order=122)
def unsettled(_stage: Stage) -> Iterator[Specimen]:
    made = UnsettledSection()
    made.set_questions([Question("1", "p", "SITI CONTOH LESTARI", "Blangko 00123456 belum dipastikan tercetak. Printer tidak menjawab.",
                                 ("printed", "not_printed", "spoiled"))])
    yield Specimen("satu pertanyaan", made, width=1240)


@exhibit(GROUP, "Status SIAK dalam kata", order=123)
def statuses(_stage: Stage) -> Iterator[Specimen]:
    said = StatusText()
    said.show_status(Explained("PRINT READY RECORD", "good", "Data sudah tunggal; KTP-el boleh dicetak.", "KTP-el Anda siap dicetak.",
                               "Operator cetak", "Cetak hari ini"), "sejak 26 November 2026")
    yield Specimen("penjelasan", said, width=460)
    history = StatusHistory()
    history.show_rows((SaidRow("PRINT READY RECORD", "good", "26 November 2026", "pusat", ""),
                       SaidRow("SENT FOR ENROLLMENT", "accent", "25 November 2026", "pusat", "ketunggalan")))
    yield Specimen("riwayat", history, width=460)




@exhibit(GROUP, "Panduan", order=124)
def manual(_stage: Stage) -> Iterator[Specimen]:
    for caption, state in (("biasa", ""), ("fokus papan ketik", "focus")):
        made = ManualView()
        made.setHtml("<h2>Loket</h2><p>Ketik NIK, lalu tekan <b>F9</b>.</p>")
        yield Specimen(caption, made, state, width=460, height=200)
