"""Where each word of the card face stands, in millimetres: fields in the order of the law, long values fitted, never cut.

A value first shrinks to the smallest size of ``resources/card/layout.toml``, then it is wrapped; rows below move closer
together when wrapped lines need the room. Pure: measuring is handed in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.text import date_card

Measure = Callable[[str, float, str], float]
"""(text, em in mm, weight) -> width in mm."""

SHRINK_STEP = 0.04
LINE_HEIGHT = 1.0
"""Smallest distance of two lines, in em."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One line of text on the card; ``x`` is the left edge or, for ``anchor`` "m", the middle; ``pitch`` > 0 sets a fixed digit width."""

    text: str
    x: float
    baseline: float
    size: float
    weight: str = "Regular"
    anchor: str = "l"
    pitch: float = 0.0


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    value: str
    indent: bool = False
    blood: str = ""


def load_layout(folder: Path) -> dict[str, Any]:
    """``layout.toml`` with the OA texts under ``en``."""
    layout = tomllib.loads((folder / "layout.toml").read_text("utf-8"))
    layout["en"] = tomllib.loads((folder / "oa_en.toml").read_text("utf-8"))
    return layout


def wrap(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Greedy lines; a word wider than the line is broken between characters. Nothing but spaces at breaks is lost."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and fits(f"{line} {word}"):
            line = f"{line} {word}"
            continue
        if line:
            lines.append(line)
        while not fits(word) and len(word) > 1:
            cut = next((n for n in range(len(word) - 1, 1, -1) if fits(word[:n])), 1)
            lines.append(word[:cut])
            word = word[cut:]
        line = word
    return [*lines, line] if line or not lines else lines


def fit(text: str, width: float, size: float, smallest: float, weight: str, measure: Measure) -> tuple[float, list[str]]:
    """(em, lines): one line at the largest size that fits, else wrapped at the smallest."""
    text = " ".join(text.split())
    em = size
    while em > smallest and measure(text, em, weight) > width:
        em = max(smallest, em - SHRINK_STEP)
    if measure(text, em, weight) <= width:
        return em, [text]
    return smallest, wrap(text, lambda t: measure(t, smallest, weight) <= width)


def _texts(p: Penduduk, layout: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Sex, religion, marital status, occupation; in English on the card of a foreigner (Permendagri 72/2022)."""
    sex = "LAKI-LAKI" if p.jenis_kelamin is JenisKelamin.LAKI_LAKI else "PEREMPUAN"
    lists = (("agama", p.agama), ("status_perkawinan", p.status_perkawinan), ("pekerjaan", p.pekerjaan))
    if p.kewarganegaraan.upper() == "WNI":
        a, s, w = (codes.card_text(name, code) for name, code in lists)
        return sex, a, s, w
    english = layout["en"]
    a, s, w = (str(english[name].get(str(code)) or codes.card_text(name, code)) for name, code in lists)
    return str(english["jenis_kelamin"][p.jenis_kelamin.value]), a, s, w


def _expiry(p: Penduduk) -> str:
    try:
        return date_card(date.fromisoformat(p.berlaku_hingga))
    except ValueError:
        return p.berlaku_hingga


def _rows(p: Penduduk, layout: Mapping[str, Any]) -> tuple[_Row, ...]:
    sex, religion, marital, work = _texts(p, layout)
    blood = codes.card_text("golongan_darah", p.golongan_darah)
    return (
        _Row("Nama", p.nama), _Row("Tempat/Tgl Lahir", f"{p.tempat_lahir}, {date_card(p.tanggal_lahir)}"),
        _Row("Jenis Kelamin", sex, blood=blood), _Row("Alamat", p.alamat), _Row("RT/RW", f"{p.rt}/{p.rw}", indent=True),
        _Row("Kel/Desa", p.desa, indent=True), _Row("Kecamatan", p.kecamatan, indent=True),
        _Row(codes.religion_label(p.agama), religion), _Row("Status Perkawinan", marital), _Row("Pekerjaan", work),
        _Row("Kewarganegaraan", p.kewarganegaraan), _Row("Berlaku Hingga", _expiry(p)),
    )


def _header(header: tuple[str, str], p: Penduduk, layout: Mapping[str, Any], measure: Measure) -> list[Placed]:
    at = layout["header"]
    kabupaten = p.kabupaten if p.kabupaten.upper().startswith(("KABUPATEN ", "KOTA ")) else f"KABUPATEN {p.kabupaten}"
    lines = (header[0] or f"PROVINSI {p.provinsi}", header[1] or kabupaten)
    placed = []
    for text, baseline in zip(lines, at["baselines"], strict=True):
        em = at["size"]
        while em > at["smallest"] and measure(text.upper(), em, "SemiBold") > at["width"]:
            em -= SHRINK_STEP
        placed.append(Placed(text.upper(), at["center"], baseline, em, "SemiBold", "m"))
    return placed


def _fields(p: Penduduk, layout: Mapping[str, Any], measure: Measure) -> list[Placed]:
    at = layout["rows"]
    fitted = []
    for row in _rows(p, layout):
        width = at["blood_x"] - at["value_x"] - 1.0 if row.blood else at["value_width"]
        fitted.append((row, *fit(row.value.upper(), width, at["size"], at["smallest"], "Medium", measure)))
    units = sum(1 + at["wrapped"] * (len(lines) - 1) for _, _, lines in fitted)
    pitch = min(at["pitch"], (at["bottom"] - at["top"]) / units)
    largest = pitch * at["wrapped"] / LINE_HEIGHT
    placed: list[Placed] = []
    y = at["top"]
    for row, em, lines in fitted:
        em = min(em, largest) if len(lines) > 1 else min(em, pitch / LINE_HEIGHT)
        baseline = y + pitch * 0.74
        label_size = min(at["size"] * 0.96, pitch / LINE_HEIGHT)
        placed.append(Placed(row.label, at["label_x"] + (at["indent"] if row.indent else 0.0), baseline, label_size))
        placed.append(Placed(":", at["colon_x"], baseline, label_size))
        for line in lines:
            placed.append(Placed(line, at["value_x"], baseline, em, "Medium"))
            baseline += pitch * at["wrapped"]
        if row.blood:
            baseline = y + pitch * 0.74
            placed.append(Placed("Gol. Darah :", at["blood_x"], baseline, label_size))
            x = at["blood_x"] + measure("Gol. Darah : ", label_size, "Regular")
            placed.append(Placed(row.blood.upper(), x, baseline, em, "Medium"))
        y += pitch * (1 + at["wrapped"] * (len(lines) - 1))
    return placed


def _issue(place: str, issued_on: date, layout: Mapping[str, Any], measure: Measure) -> list[Placed]:
    at = layout["issue"]
    name = place.upper().removeprefix("KABUPATEN ")
    em, lines = fit(name, at["width"], at["size"], at["smallest"], "Medium", measure)
    baseline = at["baseline"]
    placed = []
    for line in lines:
        placed.append(Placed(line, at["center"], baseline, em, "Medium", "m"))
        baseline += at["line"] if len(lines) == 1 else at["line"] * 0.78
    placed.append(Placed(date_card(issued_on), at["center"], baseline, at["size"] if len(lines) == 1 else em, "Medium", "m"))
    return placed


def plan_front(p: Penduduk, place: str, issued_on: date, header: tuple[str, str], layout: Mapping[str, Any],
               measure: Measure) -> tuple[Placed, ...]:
    """Every line of text on the front, top to bottom."""
    nik, rows = layout["nik"], layout["rows"]
    number = [
        Placed("NIK", rows["label_x"], nik["baseline"], nik["label_size"], "SemiBold"),
        Placed(":", rows["colon_x"], nik["baseline"], nik["label_size"], "SemiBold"),
        Placed(p.nik, rows["value_x"], nik["baseline"], nik["size"], "SemiBold", "l", nik["pitch"]),
    ]
    return (*_header(header, p, layout, measure), *number, *_fields(p, layout, measure), *_issue(place, issued_on, layout, measure))
