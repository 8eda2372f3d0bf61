from __future__ import annotations

import io

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.page_pictures import MOST_PIXELS, page_picture
from ktpel_kiosk.domain.errors import BadInput


def pdf(*sizes: tuple[float, float]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for number, size in enumerate(sizes):
        canvas.setPageSize(size)
        canvas.setFillColorRGB(0, 0, 1)
        canvas.rect(0, size[1] / 2, size[0], size[1] / 2, fill=1, stroke=0)
        canvas.drawString(20, 20, str(number))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_a_page_comes_upright_in_its_colours_and_says_how_many_there_are():
    made = page_picture(pdf((595, 842), (842, 595)), 1)
    image = Image.open(io.BytesIO(made.png))
    assert (made.number, made.count) == (1, 2)
    assert image.width > image.height
    assert image.getpixel((image.width // 2, 20)) == (0, 0, 255)
    assert image.getpixel((image.width // 2, image.height - 20)) == (255, 255, 255)


def test_a_very_large_page_stays_small():
    image = Image.open(io.BytesIO(page_picture(pdf((5000, 5000)), 0).png))
    assert image.width * image.height <= MOST_PIXELS * 1.01


@pytest.mark.parametrize(("data", "number"), [(b"kein PDF", 0), (b"", 0), (pdf((595, 842)), 1), (pdf((595, 842)), -1)])
def test_what_is_no_page_is_refused(data, number):
    with pytest.raises(BadInput) as refused:
        page_picture(data, number)
    assert refused.value.message_key == "document.not_pdf"
