"""What is taken: live pictures, fingers, hands, cards, ink."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter

from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR, Position, RawImage
from ktpel_kiosk.ports.services import CardFace
from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.attempts import AttemptHistory, AttemptLine
from ktpel_kiosk.ui.widgets.capture import CardPreview, FingerPlate, FingerView, HandMap, Picture, PreviewView
from ktpel_kiosk.ui.widgets.card_flip import CardFlip
from ktpel_kiosk.ui.widgets.finger_table import FingerCell, FingerTable
from ktpel_kiosk.ui.widgets.ink import SignatureField
from ktpel_kiosk.ui.widgets.measures import MeasureLine, MeasureList
from ktpel_kiosk.ui.words import word

GROUP = "Perekaman"
TEN = (*RIGHT_FOUR, *LEFT_FOUR, Position("right_thumb"), Position("left_thumb"))


def picture(width: int, height: int) -> QImage:
    """A plain picture from light to dark, so that a hint over it shows both ends."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    fade = QLinearGradient(0, 0, width, height)
    fade.setColorAt(0, QColor(Theme().hex("surface")))
    fade.setColorAt(1, QColor(Theme().hex("stage")))
    painter = QPainter(image)
    painter.fillRect(image.rect(), fade)
    painter.end()
    return image


@exhibit(GROUP, "Gambar langsung, satu petunjuk", order=140)
def previews(_stage: Stage) -> Iterator[Specimen]:
    for caption, hint, icon, tone in (("menunggu", "", "", ""), ("petunjuk", "Mundur sedikit", "info", ""),
                                      ("baik", "Bagus, tahan", "check", "good"), ("perhatian", "Wajah terlalu gelap", "triangle-alert",
                                                                                  "attention")):
        view = PreviewView(oval=True)
        if hint:
            view.set_frame(picture(640, 480))
            view.set_hint(hint, icon, tone)
        else:
            view.set_waiting("Kamera disiapkan …")
        yield Specimen(caption, view, width=290, height=240)


@exhibit(GROUP, "Pelat sidik jari", order=141)
def plates(_stage: Stage) -> Iterator[Specimen]:
    empty, full = FingerPlate(), FingerPlate()
    empty.set_fingers([FingerView(p, t) for p, t in zip(RIGHT_FOUR, ("Telunjuk", "Tengah", "Manis", "Kelingking"), strict=True)])
    empty.set_hint("Letakkan empat jari tangan kanan")
    scores = (("Telunjuk", "good", 78), ("Tengah", "good", 81), ("Manis", "low", 22), ("Kelingking", "exception", None))
    full.set_fingers([FingerView(p, t, s, n, minimum=40) for p, (t, s, n) in zip(RIGHT_FOUR, scores, strict=True)])
    full.set_hint("Jari manis kurang menempel: tekan sedikit", "attention")
    yield Specimen("kosong", empty, width=560, height=300)
    yield Specimen("baik, kurang, pengecualian", full, width=560, height=300)


@exhibit(GROUP, "Peta jari", order=142)
def hands(_stage: Stage) -> Iterator[Specimen]:
    states = dict.fromkeys(RIGHT_FOUR, "target") | {Position("left_index"): "good", Position("left_middle"): "good",
                                                  Position("left_ring"): "attention", Position("left_little"): "exception"}
    for caption, large in (("petugas", False), ("pemohon", True)):
        made = HandMap(large=large)
        made.set_states(states, ("Kiri", "Kanan · percobaan 1 dari 3"))
        yield Specimen(f"{caption}: diminta, baik, kurang, pengecualian", made, width=460, height=230)


@exhibit(GROUP, "Percobaan", order=143)
def attempts(_stage: Stage) -> Iterator[Specimen]:
    made = AttemptHistory()
    made.set_lines([AttemptLine(1, (("Telunjuk", "31", "attention", False), ("Tengah", "70", "good", True)), "Tengah dipakai"),
                    AttemptLine(2, (("Telunjuk", "28", "attention", False), ("Tengah", "66", "good", False)), "tidak lebih baik")])
    yield Specimen("yang dipakai bercentang", made, width=180, height=220)


@exhibit(GROUP, "Gambar tetap dan tanda tangan", order=144)
def stills(_stage: Stage) -> Iterator[Specimen]:
    plain, chosen = Picture(QSize(120, 160), "Percobaan 1"), Picture(QSize(120, 160), "Dipakai")
    for p in (plain, chosen):
        p.set_image(picture(300, 400))
    chosen.chosen = True
    yield Specimen("gambar", plain)
    yield Specimen("terpilih", chosen)
    card = CardPreview()
    yield Specimen("kartu, belum ada gambar", card, width=300, height=190)
    yield Specimen("membalik kartu, belum ada gambar", CardFlip(card))
    shown = CardPreview()
    turn = CardFlip(shown)
    turn.show_card(CardFace(plain_side(0xE8, 0xF1, 0xFB), plain_side(0xF4, 0xEE, 0xE2), ""))
    yield Specimen("kartu", shown, width=300, height=190)
    yield Specimen("membalik kartu", turn)
    yield Specimen("bidang tanda tangan", SignatureField(), width=460, height=200)
    yield Specimen("fokus papan ketik", SignatureField(), "focus", width=460, height=200)


def plain_side(*colour: int) -> RawImage:
    return RawImage(30, 19, 3, bytes(colour) * (30 * 19))


@exhibit(GROUP, "Sepuluh jari sekaligus", order=145)
def ten_fingers(_stage: Stage) -> Iterator[Specimen]:
    made = FingerTable()
    words = (("78 baik", "good"), ("41 cukup", "attention"), ("", "neutral"), ("Pengecualian: dibalut", "neutral"), ("gagal", "trouble"))
    made.set_cells({p: FingerCell(word("posisi", p), *words[i % 5]) for i, p in enumerate(TEN)})
    yield Specimen("baik, cukup, belum, pengecualian, gagal", made, width=520, height=240)


@exhibit(GROUP, "Ukuran foto dalam kata", order=146)
def measures(_stage: Stage) -> Iterator[Specimen]:
    made = MeasureList()
    made.set_lines([MeasureLine("Cahaya", "baik", "good"), MeasureLine("Jarak", "agak jauh", "attention"),
                    MeasureLine("Mata", "tertutup", "trouble"), MeasureLine("Latar", "diganti", "neutral")])
    yield Specimen("baik, kurang, buruk, tanpa nilai", made, width=360, height=150)
