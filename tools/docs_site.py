"""The documentation as a folder of web pages that needs no network and no server: ``python tools/docs_site.py --out var/docs``.

Pages and their order: docs/site.toml. The Markdown is read by the manual's own parser (ktpel_kiosk.app.manual), so F1, the manual's PDF and
this site show the same words. Every link is followed while building: to a page, to a heading in it, to a picture, to a file of the source
tree. A dead one ends the build with exit code 1 and a line that names page and link. ``--check`` only looks.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

from markdown_it.token import Token

from ktpel_kiosk import __version__
from ktpel_kiosk.app.manual import anchor, parser

ROOT = Path(__file__).resolve().parents[1]
LOOK = Path(__file__).with_name("docs_site")
OUTSIDE = ("http:", "https:", "mailto:")
MENTION = re.compile(r"\bdocs/(?:adr/\d{4}|[\w/-]+\.md)\b|\b(?:README|CONTRIBUTING|CHANGELOG)\.md\b")
LONGEST = 60
FONTS = ("Regular", "SemiBold")


@dataclass
class Page:
    """One Markdown file. ``source``: path in the source tree; ``place``: path in the site, both with forward slashes."""

    source: str
    place: str
    section: dict[str, Any]
    tokens: list[Token] = field(default_factory=list)

    @cached_property
    def title(self) -> str:
        heads = (at for at, token in enumerate(self.tokens) if token.type == "heading_open" and token.tag == "h1")
        return next((plain(self.tokens[at + 1]) for at in heads), self.source)

    @cached_property
    def headings(self) -> list[tuple[int, str, str]]:
        """(level, id, text) in their order; ids are those the manual's pages have, a second of the same name gets a number."""
        found: list[tuple[int, str, str]] = []
        seen: dict[str, int] = {}
        for at, token in enumerate(self.tokens):
            if token.type == "heading_open":
                text = plain(self.tokens[at + 1])
                name = anchor(self.tokens[at + 1].content) or "bagian"
                seen[name] = seen.get(name, 0) + 1
                found.append((int(token.tag[1:]), name if seen[name] == 1 else f"{name}-{seen[name] - 1}", text))
        return found


def plain(inline: Token) -> str:
    return "".join(" " if c.type in ("softbreak", "hardbreak") else c.content for c in inline.children or ()).strip()


class Site:
    """All pages, read once. ``dead``: what is wrong with them, a line each."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.plan = tomllib.loads((root / "docs" / "site.toml").read_text("utf-8"))
        self.dead: list[str] = []
        self.pictures: dict[str, str] = {}
        self.pages = {page.source: page for section in self.plan["section"] for page in self._of(section)}

    def _of(self, section: dict[str, Any]) -> Iterator[Page]:
        taken: list[str] = []
        for entry in section["pages"]:
            pattern, may_miss = entry.rstrip("?"), entry.endswith("?")
            wild = "*" in pattern
            found = sorted(p.relative_to(self.root).as_posix() for p in self.root.glob(pattern)) if wild else [pattern]
            if not wild and not (self.root / pattern).is_file():
                self.dead += [] if may_miss else [f"docs/site.toml: {pattern} is not there"]
                continue
            fresh = [Page(s, self._place(section["key"], s), section, parser().parse((self.root / s).read_text("utf-8")))
                     for s in found if s not in taken]
            by_title = sorted(fresh, key=lambda page: page.title.casefold()) if wild and section["key"] != "adr" else fresh
            taken += [page.source for page in by_title]
            yield from by_title

    @staticmethod
    def _place(key: str, source: str) -> str:
        path = PurePosixPath(source)
        name = path.parent.name if path.name == "README.md" and len(path.parts) > 1 else path.stem
        return f"{key}/{name.lower()}.html"

    # -- links --------------------------------------------------------------------------------------------------------

    def target(self, page: Page, link: str) -> str | None:
        """Where ``link`` of ``page`` leads in the site; empty: a file of the source tree that is no page; None: nowhere (noted)."""
        if link.startswith(OUTSIDE):
            return link
        path, _, part = link.partition("#")
        source = normpath(f"{PurePosixPath(page.source).parent.as_posix()}/{path}") if path else page.source
        there = self.pages.get(source)
        if there is None:
            if (self.root / source).exists() and not source.startswith(".."):
                return self._folder(page, source)
            self.dead.append(f"{page.source}: {link} is not there")
            return None
        if part and part not in (name for _, name, _ in there.headings):
            self.dead.append(f"{page.source}: {link}: no such heading")
            return None
        return relpath(there.place, PurePosixPath(page.place).parent.as_posix()) + (f"#{part}" if part else "")

    def _folder(self, page: Page, source: str) -> str:
        """A folder that is a section (docs/adr, drivers) is its list on the first page; any other file is no page."""
        key = next((s["key"] for s in self.plan["section"] if s["pages"][-1].rsplit("/", 1)[0].rstrip("/*") == source), "")
        return relpath("index.html", PurePosixPath(page.place).parent.as_posix()) + f"#{key}" if key else ""

    def picture(self, page: Page, link: str) -> str:
        source = normpath(f"{PurePosixPath(page.source).parent.as_posix()}/{link}")
        if link.startswith(OUTSIDE) or not (self.root / source).is_file():
            self.dead.append(f"{page.source}: picture {link} is not there")
            return link
        self.pictures[source] = f"gambar/{source.replace('/', '-')}"
        return relpath(self.pictures[source], PurePosixPath(page.place).parent.as_posix())

    # -- one page -----------------------------------------------------------------------------------------------------

    def body(self, page: Page) -> str:
        ids = iter(page.headings)
        for token in page.tokens:
            if token.type == "heading_open":
                token.attrSet("id", next(ids)[1])
            elif token.type == "inline" and token.children:
                token.children = list(self._inline(page, token.children))
        markdown = parser()
        body = markdown.renderer.render(page.tokens, markdown.options, {})
        body = re.sub(r'<h([2-4]) id="([^"]+)">(.*?)</h\1>', r'<h\1 id="\2">\3 <a class="here" href="#\2" aria-label="#">#</a></h\1>', body)
        return body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")

    def _inline(self, page: Page, children: Sequence[Token]) -> Iterator[Token]:
        ends: list[bool] = []
        for token in children:
            if token.type == "link_open":
                to = self.target(page, str(token.attrGet("href") or ""))
                ends.append(bool(to))
                if to:
                    token.attrSet("href", to)
                    yield token
            elif token.type == "link_close":
                if ends.pop():
                    yield token
            elif token.type == "image":
                token.attrSet("src", self.picture(page, str(token.attrGet("src"))))
                token.attrSet("loading", "lazy")
                yield token
            elif token.type in ("text", "code_inline") and not ends:
                yield from self._mentions(page, token)
            else:
                yield token

    def _mentions(self, page: Page, token: Token) -> Iterator[Token]:
        """``docs/adr/0020`` in a sentence leads there, where there is such a page."""
        at, text = 0, token.content
        for found in MENTION.finditer(text):
            named = found.group()
            source = next((s for s in self.pages if s == named or (named.startswith("docs/adr/") and s.startswith(f"{named}-"))), None)
            if source is None or source == page.source:
                continue
            if found.start() > at:
                yield Token(token.type, token.tag, 0, content=text[at:found.start()], markup=token.markup)
            href = relpath(self.pages[source].place, PurePosixPath(page.place).parent.as_posix())
            yield Token("link_open", "a", 1, attrs={"href": href})
            yield Token(token.type, token.tag, 0, content=named, markup=token.markup)
            yield Token("link_close", "a", -1)
            at = found.end()
        if at < len(text) or not text:
            yield Token(token.type, token.tag, 0, content=text[at:], markup=token.markup) if at else token

    # -- the whole ----------------------------------------------------------------------------------------------------

    def index(self) -> list[dict[str, str]]:
        """What the search looks in: one entry a heading with the words up to the next one."""
        entries: list[dict[str, str]] = []
        for page in self.pages.values():
            ids, heading = iter(page.headings), False
            for token in page.tokens:
                if token.type == "heading_open":
                    level, name, text = next(ids)
                    first, heading = level == 1, True
                    entries.append({"p": page.place + ("" if first else f"#{name}"), "t": page.title, "h": "" if first else text,
                                    "s": page.section["key"], "b": ""})
                elif token.type == "heading_close":
                    heading = False
                elif entries and not heading and token.type in ("inline", "fence", "code_block"):
                    words = plain(token) if token.type == "inline" else token.content
                    entries[-1]["b"] = " ".join((entries[-1]["b"] + " " + words).split())
        return entries

    def build(self, out: Path) -> list[Path]:
        """Write everything into ``out`` (emptied first); returns the pages."""
        if out.exists():
            shutil.rmtree(out)
        search = json.dumps(self.index(), ensure_ascii=False, separators=(",", ":"))
        frame = (LOOK / "page.html").read_text("utf-8")
        made, order = [], list(self.pages.values())
        for at, page in enumerate(order):
            body = self.body(page)
            near = [order[n] if 0 <= n < len(order) and order[n].section is page.section else None for n in (at - 1, at + 1)]
            made.append(self._write(out, page.place, frame, page.title, page.section["lang"], body, page, near))
        made.append(self._write(out, "index.html", frame, self.plan["title"], "id", self._home(), None, [None, None]))
        for name in ("site.css", "site.js"):
            shutil.copyfile(LOOK / name, out / name)
        (out / "cari.js").write_text(f"window.SITE={search};\n", "utf-8")
        for source, place in self.pictures.items():
            (out / place).parent.mkdir(exist_ok=True)
            shutil.copyfile(self.root / source, out / place)
        for weight in FONTS:
            shutil.copyfile(self.root / "resources" / "fonts" / f"Inter-{weight}.otf", out / f"Inter-{weight}.otf")
        shutil.copyfile(self.root / "resources" / "fonts" / "LICENSE", out / "Inter-LICENSE.txt")
        return made

    def _write(self, out: Path, place: str, frame: str, title: str, lang: str, body: str, page: Page | None,
               near: list[Page | None]) -> Path:
        up = relpath(".", PurePosixPath(place).parent.as_posix()) if "/" in place else "."
        words = {"id": ("Pada halaman ini", "Sebelumnya", "Berikutnya", "Cari", "Menu", "Langsung ke isi"),
                 "en": ("On this page", "Previous", "Next", "Search", "Menu", "Skip to the text")}[lang]
        fills = {"lang": lang, "title": html.escape(title), "site": html.escape(self.plan["title"]), "up": up, "version": __version__,
                 "body": body, "nav": self._nav(place), "toc": self._toc(page, words[0]), "near": self._near(place, near, words),
                 "search": words[3], "menu": words[4], "skip": words[5], "kind": "home" if page is None else "page",
                 "crumb": f'<p class="crumb">{html.escape(page.section["title"])}</p>' if page else ""}
        path = out / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(re.sub(r"\{\{(\w+)\}\}", lambda m: fills[m.group(1)], frame), "utf-8")
        return path

    def _nav(self, place: str) -> str:
        parts, up = [], ".." if "/" in place else "."
        for section in self.plan["section"]:
            pages = [p for p in self.pages.values() if p.section is section]
            open_ = " open" if any(p.place == place for p in pages) or (place == "index.html" and section["lang"] == "id") else ""
            links = "".join(f'<a href="{up}/{p.place}"{" aria-current=page" if p.place == place else ""}>{html.escape(short(p.title))}</a>'
                            for p in pages)
            parts.append(f'<details{open_} lang="{section["lang"]}"><summary>{html.escape(section["title"])}</summary>{links}</details>')
        return "".join(parts)

    @staticmethod
    def _toc(page: Page | None, word: str) -> str:
        found = [(level, name, text) for level, name, text in page.headings if level in (2, 3)] if page else []
        if len(found) < 3:
            return ""
        links = "".join(f'<a class="l{level}" href="#{name}">{html.escape(text)}</a>' for level, name, text in found)
        return f'<nav class="toc" aria-label="{word}"><p>{word}</p>{links}</nav>'

    @staticmethod
    def _near(place: str, near: list[Page | None], words: tuple[str, ...]) -> str:
        here = PurePosixPath(place).parent.as_posix()
        links = [f'<a class="{kind}" href="{relpath(p.place, here)}"><small>{word}</small>{html.escape(short(p.title))}</a>'
                 for p, kind, word in zip(near, ("back", "on"), words[1:3], strict=True) if p]
        return f'<nav class="near">{"".join(links)}</nav>' if links else ""

    def _home(self) -> str:
        cards = []
        for section in self.plan["section"]:
            pages = [p for p in self.pages.values() if p.section is section]
            icon = (self.root / "resources" / "icons" / f"{section['icon']}.svg").read_text("utf-8")
            icon = re.sub(r"<!--.*?-->", "", icon, flags=re.DOTALL).replace("<svg", '<svg aria-hidden="true"', 1)
            many = len(pages) > 30
            links = "".join(f'<li><a href="{p.place}">{html.escape(p.title if many else short(p.title))}</a></li>' for p in pages)
            listed = f"<details><summary>{len(pages)} pages</summary><ul>{links}</ul></details>" if many else f"<ul>{links}</ul>"
            cards.append(f'<section id="{section["key"]}" lang="{section["lang"]}">{icon}<h2>{html.escape(section["title"])}</h2>'
                         f'<p>{html.escape(section["about"])}</p>{listed}</section>')
        return f'<h1>{html.escape(self.plan["title"])}</h1><div class="cards">{"".join(cards)}</div>'


def short(title: str) -> str:
    """A title for lists: numbers of decisions stay, long ones end in an ellipsis."""
    return title if len(title) <= LONGEST else title[:LONGEST].rsplit(" ", 1)[0] + "…"


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--out", type=Path, default=ROOT / "var" / "docs")
    given.add_argument("--check", action="store_true")
    options = given.parse_args()
    site = Site()
    if options.check:
        for page in site.pages.values():
            site.body(page)
    else:
        site.build(options.out)
    print(*site.dead, sep="\n", end="\n" if site.dead else "", file=sys.stderr)
    print(f"{len(site.pages)} pages" + ("" if options.check else f" in {options.out}; open {options.out / 'index.html'}"))
    return 1 if site.dead else 0


if __name__ == "__main__":
    raise SystemExit(main())
