"""The documentation site: nothing in it leads nowhere, it needs no network, and the technicians' pages name what exists."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from posixpath import dirname, normpath
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SPEC = importlib.util.spec_from_file_location("docs_site_tool", ROOT / "tools" / "docs_site.py")
assert _SPEC and _SPEC.loader
tool = importlib.util.module_from_spec(_SPEC)
sys.modules["docs_site_tool"] = tool
_SPEC.loader.exec_module(tool)

TECHNICIANS = ROOT / "docs" / "teknisi"
ASKS = re.compile(r"teknisi|administrator|pengelola|dukungan|hubungi|\bDinas\b|minta admin|admin lain|beri peran admin", re.I)


class Read:
    """What a page refers to and what can be referred to in it: the builder writes every attribute in double quotes."""

    def __init__(self, text: str) -> None:
        self.wants = [unescape(want) for want in re.findall(r'\s(?:href|src)="([^"]+)"', text)]
        self.ids = re.findall(r'\sid="([^"]+)"', text)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[Path, Read], list[str]]:
    out = tmp_path_factory.mktemp("situs") / "docs"
    site = tool.Site()
    pages = {path: Read(path.read_text("utf-8")) for path in site.build(out)}
    return out, pages, site.dead


def test_every_link_heading_and_picture_is_there(built: tuple[Path, dict[Path, Read], list[str]]) -> None:
    """Looked at from outside: in the pages as they lie there, not by the builder's own books."""
    out, pages, dead = built
    assert dead == [] and len(pages) > 80
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    ids = {path.relative_to(out).as_posix(): set(read.ids) for path, read in pages.items()}
    wrong = []
    for path, read in pages.items():
        here = path.relative_to(out).as_posix()
        assert len(read.ids) == len(ids[here]), here
        for want in set(read.wants):
            if re.match(r"[a-z]+:", want):
                continue
            name, _, part = want.partition("#")
            there = normpath(f"{dirname(here)}/{unquote(name)}").lstrip("/") if name else here
            if there not in files or (part and unquote(part) not in ids.get(there, ())):
                wrong.append(f"{here}: {want}")
    assert wrong == []


def test_it_asks_no_other_computer_and_reaches_every_page(built: tuple[Path, dict[Path, Read], list[str]]) -> None:
    out, pages, _ = built
    for path in [*pages, *out.glob("*.css"), out / "site.js"]:
        text = path.read_text("utf-8")
        assert not re.search(r"(?:src|@import|url\()\s*=?\s*[\"']?(?:https?:)?//", text), path
        assert not re.search(r"\b(?:fetch|XMLHttpRequest|import)\s*\(", text) or path.suffix == ".html", path
    start = pages[out / "index.html"]
    assert {str(p.relative_to(out)) for p in pages} - {"index.html"} <= {w.split("#")[0] for w in start.wants}


def test_the_search_finds_headings_by_their_words(built: tuple[Path, dict[Path, Read], list[str]]) -> None:
    out, pages, _ = built
    text = (out / "cari.js").read_text("utf-8")
    entries = json.loads(text.removeprefix("window.SITE=").rstrip().removesuffix(";"))
    assert {e["p"].split("#")[0] for e in entries} == {str(p.relative_to(out)) for p in pages} - {"index.html"}
    hit = next(e for e in entries if e["h"] == "Paket tidak terkirim")
    assert hit["p"] == "teknisi/pemecahan-masalah.html#paket-tidak-terkirim" and "kurir" in hit["b"] and hit["s"] == "teknisi"


def test_a_dead_link_is_told_with_its_page(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\n[x](b.md) [y](a.md#tiada) [z](../luar.md) [baik](#dua) ![g](g.png)\n\n"
                                            "## Dua\n\n## Dua\n")
    (tmp_path / "docs" / "site.toml").write_text('title="t"\n[[section]]\nkey="k"\ntitle="K"\nabout=""\nlang="id"\nicon="x"\n'
                                                 'pages=["docs/a.md","docs/tiada.md","docs/mungkin.md?"]\n')
    site = tool.Site(tmp_path)
    page = site.pages["docs/a.md"]
    body = site.body(page)
    assert [line.split(": ", 1)[1] for line in site.dead] == [
        "docs/tiada.md is not there", "b.md is not there", "a.md#tiada: no such heading", "../luar.md is not there",
        "picture g.png is not there"]
    assert [name for _, name, _ in page.headings] == ["a", "dua", "dua-1"]
    assert 'href="#dua"' in body


def commands(text: str) -> Iterator[list[str]]:
    """Command lines of the program in a page: words before options and placeholders."""
    for line in re.findall(r"ktpel-kiosk(?:\.exe)? +([^`\n|]*)", text):
        words = []
        for word in line.split():
            if not re.fullmatch(r"[a-z][a-z0-9-]*", word):
                break
            words.append(word)
        yield words + re.findall(r"(?<=\s)--[a-z-]+", " " + line)


def test_every_command_of_the_technicians_pages_exists() -> None:
    import typer

    from ktpel_kiosk.app.cli import app

    root = typer.main.get_command(app)
    seen, wrong = 0, []
    for page in [*sorted(TECHNICIANS.glob("*.md")), ROOT / "docs" / "windows.md"]:
        for line in commands(page.read_text("utf-8")):
            command, rest = root, [w for w in line if not w.startswith("--")]
            while rest and hasattr(command, "commands"):
                command = command.commands.get(rest.pop(0))  # type: ignore[attr-defined]
                if command is None:
                    break
            options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} if command is not None else set()
            if command is None or not {w for w in line if w.startswith("--")} <= options | {"--help"}:
                wrong.append(f"{page.name}: {' '.join(line)}")
            seen += 1
    assert wrong == [] and seen > 30


def sentences() -> dict[str, str]:
    """All error sentences by their keys."""
    found: dict[str, str] = {}
    for path in (ROOT / "resources" / "i18n" / "id" / "errors").glob("*.toml"):
        found |= {key: text for key, text in tomllib.loads(path.read_text("utf-8")).items() if isinstance(text, str)}
    return found


def test_every_family_of_errors_that_sends_for_a_technician_is_in_the_troubleshooting_page() -> None:
    page = (TECHNICIANS / "pemecahan-masalah.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+)\.\*`", page))
    families = {key.split(".")[0] for key in sentences()}
    asking = {key.split(".")[0] for key, text in sentences().items() if ASKS.search(text)}
    assert len(asking) > 20
    assert asking - named == set() and named - families == set()


def test_words_the_page_quotes_are_words_people_see() -> None:
    """A technician searches for what stands on the screen: quotes in the first column are parts of real sentences."""
    flat = [re.sub(r"\{[^}]*\}", "…", text).casefold() for text in sentences().values()]
    wrong, seen = [], 0
    for name in ("pemecahan-masalah.md", "windows.md"):
        for row in re.findall(r"^\| (.*?) \|", (TECHNICIANS / name).read_text("utf-8"), re.M):
            for quote in re.findall(r'"([^"]+)"', row):
                parts = [part.strip().casefold() for part in quote.split("...") if part.strip()]
                seen += 1
                if not any(all(part in text for part in parts) for text in flat):
                    wrong.append(quote)
    assert wrong == [] and seen > 25


@pytest.mark.gate
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
def test_the_search_works_in_a_browser_from_the_disk(built: tuple[Path, dict[Path, Read], list[str]], tmp_path: Path) -> None:
    """Typed, chosen with the arrow, listed with its link: in a real browser, on file://, without a server."""
    out, _, _ = built
    tried = out / "teknisi" / "coba.html"
    script = ("<script>addEventListener('load',()=>{const f=document.getElementById('cari');f.value='sertifikat pusat';"
              "f.dispatchEvent(new Event('input'));f.dispatchEvent(new KeyboardEvent('keydown',{key:'ArrowDown'}))})</script></body>")
    tried.write_text((out / "teknisi" / "indeks.html").read_text("utf-8").replace("</body>", script), "utf-8")
    try:
        done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                               "--disable-background-networking", "--disable-component-update", "--disable-sync",
                               f"--user-data-dir={tmp_path / 'profil'}", "--dump-dom", tried.as_uri()],
                              capture_output=True, text=True, check=False, timeout=150)
    finally:
        tried.unlink()
    found = done.stdout.partition('id="hasil"')[2].partition("</header>")[0]
    hits = re.findall(r'<a [^>]*href="([^"]+)"', found)
    assert len(hits) > 3 and all((tried.parent / hit.split("#")[0]).resolve().is_file() for hit in hits), done.stderr[-500:]
    assert any("pemecahan-masalah" in hit or "penyiapan" in hit for hit in hits[:4]) and found.count('aria-selected="true"') == 1
    assert "<mark>" in found
