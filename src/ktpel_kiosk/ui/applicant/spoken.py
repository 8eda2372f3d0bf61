"""Written Indonesian as people say it: dates, NIK in groups, neighbourhoods, numbers of applications, abbreviations."""

from __future__ import annotations

import re
from collections.abc import Callable

from ktpel_kiosk.domain.text import MONTHS, terbilang

DIGITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
LETTERS = {"KTP-el": "ka te pe elektronik", "KTP": "ka te pe", "NIK": "nik", "RT": "er te", "RW": "er we", "KK": "ka ka",
           "UU": "undang-undang", "WNI": "we en i", "WNA": "we en a", "TNI": "te en i", "POLRI": "polri",
           "PNS": "pe en es", "PDP": "pe de pe", "WIB": "we i be",
           "WITA": "wita", "WIT": "wit", "SLTA": "es el te a", "SLTP": "es el te pe", "QR": "kiu ar", "No.": "nomor"}
MONTH = "|".join(MONTHS)
CODE = r"\d{1,4}/[A-Z]+/[IVX]+/\d{4}"


def digits(text: str) -> str:
    """Each digit by its name."""
    return " ".join(DIGITS[int(c)] for c in text if c.isdigit())


def _nik(match: re.Match[str]) -> str:
    plain = "".join(c for c in match[0] if c.isdigit())
    return ", ".join(digits(plain[i:i + 4]) for i in range(0, len(plain), 4))


def _date(match: re.Match[str]) -> str:
    return f"{terbilang(int(match[1]))} {match[2]} {terbilang(int(match[3]))}"


def _code(match: re.Match[str]) -> str:
    number, kind, month, year = match[0].split("/")
    at = ROMAN.index(month) + 1 if month in ROMAN else 0
    return f"{digits(number)}, {LETTERS.get(kind, kind)}, {terbilang(at) if at else month}, {terbilang(int(year))}"


def _clock(match: re.Match[str]) -> str:
    minutes = int(match[2])
    return f"pukul {terbilang(int(match[1]))}" + (f" lewat {terbilang(minutes)} menit" if minutes else "")


def _number(match: re.Match[str]) -> str:
    text = match[0]
    return digits(text) if len(text) > 4 or (text.startswith("0") and len(text) > 1) else terbilang(int(text))


RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\b\d{4}([ ]?)\d{4}\1\d{4}\1\d{4}\b"), _nik),
    (re.compile(CODE), _code),
    (re.compile(rf"\b(\d{{1,2}}) ({MONTH}) (\d{{4}})\b"), _date),
    (re.compile(r"\b(RT|RW) (\d+)"), lambda m: f"{LETTERS[m[1]]} {terbilang(int(m[2]))}"),
    (re.compile(r"\(?\b0\d{2,3}\)?[ -]\d[\d -]{3,}\d"), lambda m: ", ".join(digits(part) for part in re.split(r"[ -]+", m[0]))),
    (re.compile(r"\b(\d{1,2})\.(\d{2})(?= (?:WIB|WITA|WIT)\b)"), _clock),
    (re.compile(r"\b(\d+)/(\d{4})\b"), lambda m: f"{terbilang(int(m[1]))} tahun {terbilang(int(m[2]))}"),
    (re.compile(r"\b(\d+(?:\.\d{3})+)\b"), lambda m: terbilang(int(m[1].replace(".", "")))),
    (re.compile(r"\b\d+\b"), _number),
    (re.compile(r"|".join(rf"(?<!\w){re.escape(k)}(?!\w)" for k in LETTERS)), lambda m: LETTERS[m[0]]),
    (re.compile(r"\s*/\s*"), lambda _m: ", "),
    (re.compile(r"\b[A-Z]{4,}\b"), lambda m: m[0].title()),
)
"""In this order: what is longer or more certain first. Names in capitals are lowered, else an engine may spell them."""


def as_said(text: str, language: str = "id") -> str:
    """``text`` as somebody would read it to a neighbour; other languages than Indonesian only get the groups of a NIK."""
    if language != "id":
        return RULES[0][0].sub(lambda m: ", ".join(" ".join(g) for g in re.findall(r"\d{4}", m[0].replace(" ", ""))), text)
    for pattern, said in RULES:
        text = pattern.sub(said, text)
    return text
