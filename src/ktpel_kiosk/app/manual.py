"""``ktpel-kiosk manual``: the chapters of ``docs/manual`` as a folder of web pages and as one PDF."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app.resources import resource_root, resources
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.papers import ManualBlock, ManualChapter

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

TITLE = "Panduan Kiosk KTP-el"
SUBTITLE = "Untuk petugas loket, operator, verifikator, atasan, dan teknisi"
START = "operator"
PICTURES = "gambar"
STYLE = "panduan.css"


def source() -> Path:
    """Folder of the chapters and their pictures."""
    return resource_root() / "docs" / "manual"


def parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    return MarkdownIt("commonmark").enable("table")


def names() -> list[str]:
    """Chapters: the one to begin with, then by title."""
    found = [p.stem for p in source().glob("*.md")]
    return sorted(found, key=lambda name: (name != START, title_of(name)))


def title_of(name: str) -> str:
    lines = (source() / f"{name}.md").read_text("utf-8").splitlines()
    return next((line[2:].strip() for line in lines if line.startswith("# ")), name)


def build(out: Path) -> list[Path]:
    """Write the web pages, their pictures and ``panduan.pdf`` into ``out``; returns what was written.

    Raises:
        BadInput: ``manual.picture``, a chapter shows a picture that is not there.
    """
    out.mkdir(parents=True, exist_ok=True)
    written = [_page(out, name) for name in names()]
    shutil.copyfile(out / f"{START}.html", out / "index.html")
    shutil.copyfile(source() / STYLE, out / STYLE)
    if (source() / PICTURES).is_dir():
        shutil.copytree(source() / PICTURES, out / PICTURES, dirs_exist_ok=True)
    paper = out / "panduan.pdf"
    paper.write_bytes(pdf())
    return [*written, paper]


def _page(out: Path, name: str) -> Path:
    made = out / f"{name}.html"
    links = "".join(f'<a href="{n}.html"{" aria-current=page" if n == name else ""}>{html.escape(title_of(n))}</a>' for n in names())
    md = parser()
    tokens = md.parse((source() / f"{name}.md").read_text("utf-8"))
    _prepare(tokens)
    body = md.renderer.render(tokens, md.options, {})
    made.write_text(f'<!doctype html>\n<html lang="id"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
                    f'<title>{html.escape(title_of(name))}</title><link rel="stylesheet" href="{STYLE}"></head>\n'
                    f'<body><nav aria-label="Bab">{links}</nav><main>{body}</main></body></html>\n', "utf-8")
    return made


def _prepare(tokens: Sequence[Token]) -> None:
    """Links between chapters lead to pages; headings can be linked to."""
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[at + 1].content))
        for inner in token.children or ():
            target = str(inner.attrGet("href") or "")
            if inner.type == "link_open" and ".md" in target:
                inner.attrSet("href", target.replace(".md", ".html"))


def anchor(heading: str) -> str:
    return "-".join("".join(c for c in heading.casefold() if c.isalnum() or c in " -").split())


def pdf() -> bytes:
    """The whole manual as one PDF."""
    from ktpel_kiosk.documents.manual import manual
    from ktpel_kiosk.documents.pen import register_faces
    register_faces(resources())
    return manual(TITLE, SUBTITLE, [chapter(name) for name in names()])


def chapter(name: str) -> ManualChapter:
    """One chapter in the form papers are made from."""
    tokens = parser().parse((source() / f"{name}.md").read_text("utf-8"))
    return ManualChapter(name, title_of(name), tuple(_blocks(tokens)))


def _blocks(tokens: Sequence[Token]) -> Iterator[ManualBlock]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        end = _closing(tokens, at)
        if token.type == "heading_open":
            level = int(token.tag[1:])
            if level > 1:
                yield ManualBlock("heading", text=_plain(tokens[at + 1]), level=level)
        elif token.type == "paragraph_open":
            yield from _paragraph(tokens[at + 1])
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            kind = "bullets" if token.type.startswith("bullet") else "numbers"
            yield ManualBlock(kind, lines=tuple(_items(tokens[at + 1:end])))
        elif token.type == "table_open":
            yield ManualBlock("table", rows=tuple(_rows(tokens[at + 1:end])))
        elif token.type in ("fence", "code_block"):
            yield ManualBlock("code", lines=tuple(token.content.rstrip("\n").splitlines()))
        at = end + 1


def _closing(tokens: Sequence[Token], at: int) -> int:
    depth = 0
    for end in range(at, len(tokens)):
        depth += tokens[end].nesting
        if depth == 0:
            return end
    return len(tokens) - 1


def _paragraph(inline: Token) -> Iterator[ManualBlock]:
    children = inline.children or []
    pictures = [c for c in children if c.type == "image"]
    for image in pictures:
        path = source() / str(image.attrGet("src"))
        if not path.is_file():
            raise BadInput("manual.picture", path=str(path))
        yield ManualBlock("picture", text=image.content, picture=path.read_bytes())
    runs = tuple(_runs(children))
    if any(text.strip() for text, _bold in runs):
        yield ManualBlock("text", runs=runs)


def _runs(children: Sequence[Token]) -> Iterator[tuple[str, bool]]:
    bold = 0
    for child in children:
        bold += {"strong_open": 1, "strong_close": -1}.get(child.type, 0)
        if child.type in ("text", "code_inline"):
            yield child.content, bold > 0 or child.type == "code_inline"
        elif child.type in ("softbreak", "hardbreak"):
            yield " ", False


def _plain(inline: Token) -> str:
    return "".join(text for text, _bold in _runs(inline.children or [])).strip()


def _items(tokens: Sequence[Token]) -> Iterator[str]:
    """One line per entry of a list; what is nested in it follows in the same line."""
    words: list[str] = []
    depth = 0
    for token in tokens:
        if token.type == "list_item_open":
            depth += 1
        elif token.type == "list_item_close":
            depth -= 1
            if depth == 0:
                yield " ".join(words)
                words = []
        elif token.type == "inline":
            words.append(_plain(token))


def _rows(tokens: Sequence[Token]) -> Iterator[tuple[str, ...]]:
    cells: list[str] = []
    for token in tokens:
        if token.type == "inline":
            cells.append(_plain(token))
        elif token.type == "tr_close":
            yield tuple(cells)
            cells = []
