"""What was measured of a portrait, in words people understand. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.domain.biometric import Quality
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.words import word


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the photo's list: name, value in words, tone of its chip."""

    name: str
    value: str
    tone: str


def replaced_background(quality: Quality) -> bool:
    return quality.measures.get("background_replaced") == 1.0


def cloth_words(p: Penduduk) -> tuple[str, str]:
    """The cloth of this person and why: ``("biru", "lahir 2008, tahun genap")``."""
    year = p.tanggal_lahir.year
    return p.latar_foto, word("rekam", "kain_genap" if year % 2 == 0 else "kain_ganjil").format(tahun=year)


def wrong_background(quality: Quality) -> bool:
    """Whether the cloth behind this portrait is of the wrong colour or uneven."""
    return any(h in ("face.background", "face.background_uneven") for h in quality.hints)


_TELLS: tuple[tuple[str, str, float], ...] = (
    ("eyes_open", "mata", 50), ("mouth_closed", "mulut", 50), ("illumination", "cahaya", 60), ("evenness", "cahaya", 50),
    ("exposure", "terang", 50), ("sharpness", "tajam", 45), ("centred", "tengah", 61),
)
"""(measure 0..100, key of its words, least value)."""


def measures_of(quality: Quality, latar: str) -> tuple[Measure, ...]:
    """The measures people understand, in the order in which to mend them; whatever an algorithm does not give is left out."""
    m, out = quality.measures, []
    cloth = m.get("cloth", m.get("background"))
    if cloth is not None:
        fits = cloth >= 50 and m.get("background", 100.0) >= 45
        value = "diganti" if replaced_background(quality) else "sesuai" if fits else "warna lain" if cloth < 50 else "tidak rata"
        out.append(Measure(f"Latar {latar}", value, "good" if fits else "attention"))
    size = m.get("size", m.get("head_size"))
    if size is not None:
        out.append(Measure("Ukuran wajah", "cukup" if size >= 40 else "terlalu kecil", "good" if size >= 40 else "attention"))
    if "yaw" in m:
        out.append(_turn("Menghadap lurus", m["yaw"], m.get("yaw_ok", 100.0) >= 65, ("menoleh", "menoleh")))
    if "pitch" in m:
        out.append(_turn("Dagu", m["pitch"], m.get("pitch_ok", 100.0) >= 65, ("menunduk", "mendongak")))
    if "roll" in m:
        out.append(_turn("Kepala tegak", m["roll"], abs(m["roll"]) <= 8, ("miring", "miring")))
    for key, name, least in _TELLS:
        if key in m:
            good = m[key] >= least
            out.append(Measure(word("ukuran_foto", name), word("ukuran_foto", f"{name}_{'baik' if good else 'kurang'}"),
                               "good" if good else "attention"))
    return tuple(out)


def _turn(name: str, degrees: float, good: bool, ways: tuple[str, str]) -> Measure:
    if good:
        return Measure(name, "ya", "good")
    return Measure(name, f"{ways[0] if degrees < 0 else ways[1]} {number_text(round(abs(degrees)))}°", "attention")
