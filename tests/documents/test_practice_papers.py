"""A paper of practice mode says so on every page; a paper of an office never does."""

from __future__ import annotations

import pypdfium2
import pytest

from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.documents.pen import MARK
from ktpel_kiosk.documents.practice import TEXT, PracticeDocuments
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.papers import PrinterTestPaper


def texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [document[i].get_textpage().get_text_range() for i in range(len(document))]


def paper() -> PrinterTestPaper:
    return PrinterTestPaper(("PEMERINTAH KABUPATEN LUMAJANG", "KECAMATAN TEMPEH"), "26 November 2026", "Rina", (("Merek", "Uji"),))


def test_every_page_carries_the_mark() -> None:
    made = PracticeDocuments(resources())
    for pdf in (made.printer_test(paper()), made.printer_test_80mm(paper())):
        assert texts(pdf) and all(TEXT in page and "LATIHAN" in page.replace(TEXT, "") for page in texts(pdf))


def test_an_office_has_none_even_beside_a_practice_desk() -> None:
    practice, office = PracticeDocuments(resources()), OfficeDocuments(resources())
    practice.printer_test(paper())
    assert all("LATIHAN" not in page for page in texts(office.printer_test(paper())))


def test_the_mark_goes_when_a_paper_cannot_be_made() -> None:
    with pytest.raises((BadInput, AttributeError, TypeError)):
        PracticeDocuments(resources()).printer_test(None)  # type: ignore[arg-type]
    assert not MARK.get()
