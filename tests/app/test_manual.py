"""The manual: every link leads somewhere, every chapter is in the PDF, F1 of every page opens a heading that exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pypdfium2
import pytest

from ktpel_kiosk.app import manual
from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.domain.errors import BadInput


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("panduan")
    manual.build(out)
    return out


def test_every_link_and_picture_of_the_pages_exists(built: Path) -> None:
    pages = sorted(built.glob("*.html"))
    assert len(pages) == len(manual.names()) + 1  # the first chapter is also the index
    for page in pages:
        text = page.read_text("utf-8")
        for target in re.findall(r'(?:href|src)="([^"]+)"', text):
            path, _, heading = target.partition("#")
            if "://" in path:
                continue
            assert not path or (built / path).is_file(), (page.name, target)
            assert not heading or f'id="{heading}"' in (built / path if path else page).read_text("utf-8"), (page.name, target)


def test_the_pdf_holds_all_chapters_and_names_their_pages(built: Path) -> None:
    document = pypdfium2.PdfDocument(built / "panduan.pdf")
    texts = [page.get_textpage().get_text_bounded() for page in document]
    for name in manual.names():
        title = manual.title_of(name)
        opening = f"{manual.TITLE} {title}"  # the running head, then the chapter's own
        at = next(i for i, text in enumerate(texts[1:], start=2) if text.replace("\r\n", " ").startswith(opening))
        assert re.search(re.escape(title) + rf"\s+{at}\b", texts[0].replace("\r\n", " ")), title
    outline = [item.get_title() for item in document.get_toc()]
    assert outline == [manual.title_of(name) for name in manual.names()]


def test_f1_of_every_page_opens_a_chapter_and_heading_that_exist() -> None:
    topics = tomllib.loads((resources() / "i18n" / "id" / "help.toml").read_text("utf-8"))
    for page, topic in topics.items():
        chapter, _, heading = topic["manual"].partition("#")
        text = (manual.source() / f"{chapter}.md").read_text("utf-8")
        assert not heading or re.search(rf"^#+ {re.escape(heading)}", text, re.MULTILINE), page


def test_a_picture_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "operator.md").write_text("# Panduan\n\n![Layar](gambar/tidak-ada.png)\n", "utf-8")
    monkeypatch.setattr(manual, "source", lambda: tmp_path)
    with pytest.raises(BadInput) as caught:
        manual.pdf()
    assert caught.value.message_key == "manual.picture" and "tidak-ada.png" in str(caught.value.facts["path"])


def test_markdown_becomes_what_papers_are_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "operator.md").write_text(
        "# Judul\n\nSatu **tebal** kata.\n\n## Bagian\n\n- butir\n- lain\n\n1. satu\n2. dua\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "```\nperintah\n```\n", "utf-8")
    monkeypatch.setattr(manual, "source", lambda: tmp_path)
    made = manual.chapter("operator")
    assert made.title == "Judul"
    assert [b.kind for b in made.blocks] == ["text", "heading", "bullets", "numbers", "table", "code"]
    text, _heading, bullets, numbers, table, code = made.blocks
    assert ("tebal", True) in text.runs and bullets.lines == ("butir", "lain") and numbers.lines == ("satu", "dua")
    assert table.rows == (("a", "b"), ("1", "2")) and code.lines == ("perintah",)
