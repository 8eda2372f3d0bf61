"""The card for the wall: one page in every office, all steps, keys and troubles on it."""

from __future__ import annotations

import pypdfium2
import pytest

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.domain.quick_card import KEYS, TROUBLES, card_steps
from ktpel_kiosk.domain.sop import Sop, Stage
from ktpel_kiosk.ports.papers import QuickCardPaper


def paper(sop: Sop, times: int = 1) -> QuickCardPaper:
    steps = tuple((s.number, s.title, "2 menit" if s.limit_s else "", s.parts) for s in card_steps(sop))
    return QuickCardPaper(sop.kantor.nama, sop.judul, steps * times, KEYS, TROUBLES, "0334 520003")


@pytest.mark.parametrize("name", sops.names())
def test_one_page_with_every_step(name: str) -> None:
    sop = sops.load(name)
    pdf = pypdfium2.PdfDocument(OfficeDocuments(resources()).quick_card(paper(sop)))
    assert len(pdf) == 1
    text = pdf[0].get_textpage().get_text_bounded().replace("\r\n", " ")
    for step in sop.langkah:
        assert step.judul in text
    for what, _how in TROUBLES:
        assert what.split()[0] in text
    assert all(key in text for key, _ in KEYS)


def test_what_was_said_is_not_said_again_and_parts_are_those_of_the_step() -> None:
    for name in sops.names():
        sop = sops.load(name)
        said = [part for step in card_steps(sop) for part in step.parts]
        assert len(said) == len(set(said)), name
        pages = {page for page, _ in said}
        assert ("Cetak" in pages) == any(Stage.CETAK_ENCODE in s.stages for s in sop.langkah)
    recording = [text for step in card_steps(sops.load("palaran")) for page, text in step.parts if page == "Perekaman"]
    assert "foto" not in recording[0] and "foto" in recording[1]  # Palaran photographs in a step of its own


def test_a_long_sop_shrinks_onto_the_page() -> None:
    pdf = pypdfium2.PdfDocument(OfficeDocuments(resources()).quick_card(paper(sops.load("tapin"), 2)))
    bottom = min(b for _l, b, _r, _t in (o.get_bounds() for o in pdf[0].get_objects()))
    assert len(pdf) == 1 and bottom > 10
