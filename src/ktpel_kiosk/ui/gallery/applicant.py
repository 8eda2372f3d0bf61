"""The applicant's pages, and the parts they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QWidget

from ktpel_kiosk.desk.notices import channels, service_standard
from ktpel_kiosk.domain.biometric import RIGHT_FOUR
from ktpel_kiosk.ui.applicant import survey
from ktpel_kiosk.ui.applicant.controls import ApplicantControls
from ktpel_kiosk.ui.applicant.faces import FaceCard
from ktpel_kiosk.ui.applicant.hand_picture import HandPicture
from ktpel_kiosk.ui.applicant.idle_slides import ChannelsSlide, MaklumatSlide, StandardSlide, WelcomeSlide
from ktpel_kiosk.ui.applicant.paging import font_measure
from ktpel_kiosk.ui.applicant.paging import pages as paged
from ktpel_kiosk.ui.applicant.parts import IconLabel
from ktpel_kiosk.ui.applicant.top import TopLine
from ktpel_kiosk.ui.applicant_window import ApplicantWindow
from ktpel_kiosk.ui.gallery.capturing import picture
from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit, in_states
from ktpel_kiosk.ui.theme import Theme

PARTS, PAGES = "Pemohon: bagian", "Pemohon: halaman"
ROOM = QSize(1318, 672)
ROWS = (("nama", "Nama lengkap", "SITI CONTOH LESTARI"), ("tempat_lahir", "Tempat lahir", "LUMAJANG"),
        ("alamat", "Alamat", "DUSUN KRAJAN RT 003 RW 001"), ("golongan_darah", "Golongan darah", "O"))


@exhibit(PARTS, "Jawaban survei: wajah dan kata", order=160)
def faces(_stage: Stage) -> Iterator[Specimen]:
    for score, words in ((1, "Tidak baik"), (2, "Kurang baik"), (3, "Baik"), (4, "Sangat baik")):
        card = FaceCard(score)
        card.set_words(words)
        yield Specimen(words, card, width=210, height=230)

    def last() -> FaceCard:
        made = FaceCard(4)
        made.set_words("Sangat baik")
        return made

    yield from in_states(last, ("hover", "pressed", "focus"), width=210, height=230)


@exhibit(PARTS, "Tangan dengan jari yang diminta", order=161)
def hands(_stage: Stage) -> Iterator[Specimen]:
    made = HandPicture()
    made.set_states(dict.fromkeys(RIGHT_FOUR, "target"))
    yield Specimen("empat jari kanan", made, width=520, height=260)


@exhibit(PARTS, "Saklar di meja petugas untuk layar pemohon", order=163)
def controls(_stage: Stage) -> Iterator[Specimen]:
    yield Specimen("tanpa layar pemohon", ApplicantControls(lambda: None), width=620)


@exhibit(PARTS, "Ikon", order=162)
def icons(_stage: Stage) -> Iterator[Specimen]:
    for name, tone in (("check", "good"), ("lock", "accent"), ("clock", "accent")):
        yield Specimen(name, IconLabel(name, tone, 48))


@exhibit(PARTS, "Halaman siaga satu per satu", order=164)
def slides(stage: Stage) -> Iterator[Specimen]:
    theme = Theme()
    standard = paged(service_standard(stage.sop), font_measure(theme.font("applicant_body", 700), theme.font("applicant_body")), 560, 420)
    office = stage.sop.kantor
    yield Specimen("selamat datang", WelcomeSlide(stage.sop, theme), width=1200, height=560)
    yield Specimen("standar pelayanan", StandardSlide(standard[0], stage.sop.judul, 1, len(standard)), width=1200, height=560)
    yield Specimen("maklumat", MaklumatSlide("Kami sanggup melayani sesuai standar pelayanan.", office, theme), width=1200, height=560)
    yield Specimen("saluran pengaduan", ChannelsSlide(channels(office), theme), width=1200, height=560)


def _stages(window: ApplicantWindow) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each page by the name of what the applicant does there."""
    portrait, ink = picture(300, 400), picture(400, 150)
    rows = [*ROWS]
    yield "siaga", window.idle
    yield "sebelum giliran", lambda: window.put("sambut")
    yield "pemberitahuan privasi", window.privacy
    yield "periksa data", lambda: window.data(rows)
    yield "foto", window.photo
    yield "sidik jari", lambda: window.hands(dict.fromkeys(RIGHT_FOUR, "target"), RIGHT_FOUR, 0.3)
    yield "mata", window.eyes
    yield "tanda tangan", window.sign
    there = [("foto", 1), ("jari", 10), ("iris", 2), ("tanda_tangan", 1)]
    yield "tinjau", lambda: window.review("SITI CONTOH LESTARI", portrait, ink, there)
    yield "menunggu", window.wait
    yield "terima kasih", lambda: window.thanks("0042/KTP/XI/2026", "SITI CONTOH LESTARI", "besok pukul 09.00")
    yield "tidak ada petugas", lambda: window.put("netral")
    yield "putar layar", lambda: window.put("putar")
    yield "ajakan survei", lambda: window.ask_survey("baru")
    yield "pertanyaan survei", window.survey.begin
    yield "profil survei", lambda: window.survey._go(survey.PROFILE)
    yield "terima kasih survei", lambda: window.survey._go(survey.THANKS)


@exhibit(PAGES, "Satu hal pada satu waktu", order=170)
def pages(stage: Stage) -> Iterator[Specimen]:
    window = ApplicantWindow(stage.sop)
    window.resize(ROOM)
    found: list[tuple[str, QWidget]] = []
    for name, act in _stages(window):
        act()
        page = window.stack.currentWidget()
        for key in [k for k, held in window._pages.items() if held is page]:
            del window._pages[key]  # the window forgets its pages when somebody leaves; this one is ours now
        if page is not None:
            page.setParent(None)
            found.append((name, page))
    for clock in window.findChildren(QTimer):
        clock.stop()
    yield Specimen("baris atas", TopLine(stage.sop.kantor.nama), width=ROOM.width())
    for name, page in found:
        page._window = window  # type: ignore[attr-defined]  # its signals lead there
        page.setFixedSize(ROOM)
        yield Specimen(name, page)
