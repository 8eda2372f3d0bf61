"""The technicians' pages as steps: what stands in their code blocks is what is typed, so page and test cannot differ."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

PAGES = Path(__file__).parents[3] / "docs" / "teknisi"
AT_THE_MACHINE = {"reboot": "no machine is started here; what starts by itself then is started by hand"}
"""Commands of the pages that a root without a machine cannot carry out, and why."""


def blocks(page: str) -> dict[str, list[str]]:
    """Heading -> its code blocks, in order."""
    found: dict[str, list[str]] = {}
    heading = ""
    block: list[str] = []
    for line in [*(PAGES / page).read_text("utf-8").splitlines(), "# end"]:
        if line.startswith("    ") and (block or line.lstrip()[:2] not in ("- ", "* ")):
            block.append(line)
            continue
        if not line.strip() and block:
            block.append("")
            continue
        if block:
            found.setdefault(heading, []).append(textwrap.dedent("\n".join(block)).strip())
            block = []
        if line.startswith("#"):
            heading = line.lstrip("# ")
    return found


def commands(page: str, heading: str) -> list[str]:
    """Lines to be typed under a heading."""
    return [line for block in blocks(page)[heading] for line in block.splitlines() if line]


def numbered(page: str) -> list[str]:
    """Lines of the numbered steps, from first to last."""
    steps = [heading for heading in blocks(page) if re.match(r"\d+\. ", heading)]
    assert steps == sorted(steps, key=lambda h: int(h.split(".")[0])), "steps out of order"
    return [line for heading in steps for line in commands(page, heading)]


def told(page: str, start: str) -> list[str]:
    """Commands that stand in the sentences of a page, beginning with ``start``."""
    return re.findall(rf"`({re.escape(start)}[^`]*)`", (PAGES / page).read_text("utf-8"))


def printed_words(pdf: Path, title: str, count: int) -> list[str]:
    """The words under a title of the technician's sheet, as somebody reads them from the paper."""
    rest = _text(pdf).split(title, 1)[1]
    return re.findall(r"(?<![A-Za-z])[a-z]+(?![A-Za-z])", rest.split("\n", 1)[1])[:count]


def printed_passwords(pdf: Path) -> dict[str, str]:
    """User name -> first password, from the slips."""
    pairs = re.findall(r"Nama masuk\s+(\S+)\s+Kata sandi pertama\s+((?:[a-z]+ ?)+)", _text(pdf))
    return {name: " ".join(password.split()) for name, password in pairs}


def _text(pdf: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document).replace("\r", "")
    finally:
        document.close()
