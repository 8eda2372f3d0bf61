"""Register and letter numbers from the office's own template (DOMAIN.md 6.3).

``{urut:04d}/KTP/{bulan_romawi}/{tahun}`` -> ``0042/KTP/XI/2026``. The sequence restarts every 1 January, so a template must
hold ``{urut}`` and ``{tahun}``: a number is never given twice.
"""

from __future__ import annotations

import re
from datetime import date
from string import Formatter

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.text import roman_month

TOKENS: tuple[str, ...] = ("kode", "urut", "unit", "bulan_romawi", "bulan", "tahun", "jenis")
NUMBERS = "nomor-register"
"""Subject of what the audit says of register numbers that nobody gets."""
_REQUIRED = ("urut", "tahun")
_NUMERIC = {"urut", "bulan"}
_WIDTH = re.compile(r"0?\d?d?")


def check_template(template: str) -> tuple[str, ...]:
    """Tokens of a template, in order.

    Raises:
        BadInput: ``numbering.unknown_token`` (fact ``value``), ``numbering.format`` (braces or width wrong),
            ``numbering.missing_token``.
    """
    found: list[str] = []
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise BadInput("numbering.format", value=template[:60]) from error
    for _, token, width, conversion in parts:
        if token is None:
            continue
        if token not in TOKENS:
            raise BadInput("numbering.unknown_token", value=token[:40], expected=", ".join(TOKENS))
        if conversion or (width and (token not in _NUMERIC or not _WIDTH.fullmatch(width))):
            raise BadInput("numbering.format", value=f"{token}:{width}"[:60])
        found.append(token)
    for token in _REQUIRED:
        if token not in found:
            raise BadInput("numbering.missing_token", value=token)
    return tuple(found)


def format_number(template: str, *, urut: int, on: date, kode: str = "", unit: str = "", jenis: str = "") -> str:
    """The number for sequence ``urut`` on the office's local date.

    Raises:
        BadInput: as :func:`check_template`; ``numbering.empty_token`` when the template asks for a part that is empty;
            ``numbering.sequence`` for a sequence below 1.
    """
    if urut < 1:
        raise BadInput("numbering.sequence", value=urut)
    texts = {"kode": kode, "unit": unit, "jenis": jenis}
    for token in check_template(template):
        if token in texts and not texts[token]:
            raise BadInput("numbering.empty_token", value=token)
    return template.format(urut=urut, bulan=on.month, bulan_romawi=roman_month(on.month), tahun=on.year, **texts)
