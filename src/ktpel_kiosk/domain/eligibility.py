"""Who may ask for which service: age, marriage, citizenship and permit (UU 24/2013 Ps 63, Perpres 96/2018 Ps 14-22, DOMAIN.md 3.3).

These rules are national and the same for every office; papers, recording and the old card are the SOP's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ktpel_kiosk.domain.biodata import CARD_AGE, RECORDING_AGE, age_at, birthday_in, may_have_card, may_record
from ktpel_kiosk.domain.errors import Fact
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.domain.text import date_long

OA_ONLY: frozenset[Layanan] = frozenset({Layanan.BARU_OA, Layanan.PERPANJANGAN_OA})
WNI_ONLY: frozenset[Layanan] = frozenset({Layanan.BARU_WNI, Layanan.PEMULA})
REPLACES_CARD: frozenset[Layanan] = frozenset({
    Layanan.HILANG, Layanan.RUSAK, Layanan.PERUBAHAN_DATA, Layanan.PINDAH_DATANG, Layanan.PERPANJANGAN_OA,
})
"""Services for somebody who holds, or held, a card."""
FIRST_CARD: frozenset[Layanan] = frozenset({Layanan.BARU_WNI, Layanan.BARU_OA, Layanan.PEMULA})
"""Served first when blank cards are scarce (DOMAIN.md 5.4)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: the sentence's key and its facts."""

    key: str
    facts: tuple[tuple[str, Fact], ...] = ()


def refusal(layanan: Layanan, penduduk: Penduduk, on: date, *, kewarganegaraan: str = "") -> Refusal | None:
    """The first rule that speaks against this service for this person on that day; ``None`` when none does.

    Args:
        kewarganegaraan: ``WNI`` or ``WNA`` where the variant chosen is only for one of them.
    """
    return _citizenship(layanan, penduduk, kewarganegaraan) or _permit(penduduk, on) or _age(layanan, penduduk, on)


def _citizenship(layanan: Layanan, penduduk: Penduduk, wanted: str) -> Refusal | None:
    foreign = penduduk.kewarganegaraan != "WNI"
    if foreign and (layanan in WNI_ONLY or wanted == "WNI"):
        return Refusal("eligibility.wni_only", (("service", layanan),))
    if not foreign and (layanan in OA_ONLY or wanted == "WNA"):
        return Refusal("eligibility.oa_only", (("service", layanan),))
    return None


def _permit(penduduk: Penduduk, on: date) -> Refusal | None:
    """A foreigner's card is valid as long as the ITAP, so the permit has to be valid now."""
    if penduduk.kewarganegaraan == "WNI":
        return None
    try:
        until = date.fromisoformat(penduduk.berlaku_hingga)
    except ValueError:
        return Refusal("eligibility.itap_date")
    return Refusal("eligibility.itap_over", (("at", date_long(until)),)) if until <= on else None


def _age(layanan: Layanan, penduduk: Penduduk, on: date) -> Refusal | None:
    born, status = penduduk.tanggal_lahir, penduduk.status_perkawinan
    years = age_at(born, on)
    if not may_record(born, status, on):
        first = date_long(birthday_in(born, born.year + RECORDING_AGE))
        return Refusal("eligibility.under_16", (("value", years), ("limit", RECORDING_AGE), ("at", first)))
    if may_have_card(born, status, on):
        return None
    if layanan is Layanan.BARU_WNI:
        card = date_long(birthday_in(born, born.year + CARD_AGE))
        return Refusal("eligibility.use_pemula", (("value", years), ("limit", CARD_AGE), ("at", card)))
    if layanan in REPLACES_CARD:
        return Refusal("eligibility.no_card_yet", (("value", years), ("limit", CARD_AGE)))
    return None
