"""The SOP an office begins with: one of the five or its own file, with what the office answered about itself put into it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ktpel_kiosk.app import sops
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Kantor, Sop
from ktpel_kiosk.domain.sop_check import check_sop
from ktpel_kiosk.domain.sop_edit import Value, proved, with_values
from ktpel_kiosk.domain.sop_file import MAX_CHARS, parse_sop
from ktpel_kiosk.ports.setup import OfficeAnswers, SopChoice

OF_THE_DOCUMENT = ("nomor", "tanggal", "disahkan_oleh")
"""Number, date and who signed the SOP: another office's are not ours."""


def shipped() -> Sequence[SopChoice]:
    return [choice_of(sop) for sop in sops.load_all()]


def read(path: Path) -> SopChoice:
    """An office's own file. Raises BadInput ``sop.*`` with its line, ``file.unreadable``."""
    try:
        if path.stat().st_size > 4 * MAX_CHARS:
            raise BadInput("sop.too_large", path=path.name, count=path.stat().st_size, limit=MAX_CHARS)
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("sop.unreadable", path=str(path)) from error
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path)) from error
    return choice_of(parse_sop(text, name=path.name))


def choice_of(sop: Sop) -> SopChoice:
    first = next((f.text for f in check_sop(sop)), "")
    return SopChoice(sop.id, sop.kantor.nama, sop.kantor.pemda, sop.judul, sop.akhir, tuple(s.judul for s in sop.langkah), sop.source_text,
                     first)


def proposal(sop_text: str) -> OfficeAnswers:
    k = parse_sop(sop_text).kantor
    return OfficeAnswers(
        nama=k.nama, pemda=k.pemda, unit=k.unit, kode_wilayah=k.kode_wilayah, provinsi=k.provinsi, kabupaten=k.kabupaten,
        kecamatan=k.kecamatan, zona_waktu=k.zona_waktu, kop=k.kop, alamat=k.alamat, telepon=k.telepon, email=k.email,
        jam_buka=k.jam_buka.strftime("%H.%M"), jam_tutup=k.jam_tutup.strftime("%H.%M"), penandatangan_jabatan=k.penandatangan_jabatan,
        penandatangan_nama=k.penandatangan_nama, penandatangan_nip=k.penandatangan_nip, unit_surat=k.unit_surat)


def office_sop(sop_text: str, answers: OfficeAnswers) -> Sop:
    """The SOP of this office: answered values in [kantor], the rest of the text as it was. For another office than the SOP's own, what
    only the old one can say (its number and date, its website and complaint channels) goes, and the id becomes the office's own.

    Raises:
        BadInput: ``sop.*``: the text with these answers would not stand.
    """
    before = parse_sop(sop_text)
    values = _values(before.kantor, answers)
    text = sop_text
    if answers.nama.strip() != before.kantor.nama:
        text = with_values(text, "", {"id": own_id(answers.nama), **dict.fromkeys(OF_THE_DOCUMENT, "")})
        values = {**values, "situs": "", "dpo_kontak": "", "pengaduan": _channels(answers)}
    text = with_values(text, "kantor", values)
    return proved(text, values, name="sop.toml")


def own_id(nama: str) -> str:
    """``Kecamatan Sumber Rejo`` -> ``sumber-rejo``."""
    words = re.sub(r"[^a-z0-9]+", "-", nama.lower().removeprefix("kecamatan ")).strip("-")
    slug = words if words[:1].isalpha() else f"kantor-{words}"
    return slug[:40].strip("-") if len(slug) > 1 else "kantor"


def _values(before: Kantor, a: OfficeAnswers) -> dict[str, Value]:
    values: dict[str, Value] = {
        key: str(getattr(a, key)).strip() for key in (
            "nama", "pemda", "unit", "kode_wilayah", "provinsi", "kabupaten", "kecamatan", "zona_waktu", "alamat", "telepon", "email",
            "jam_buka", "jam_tutup", "penandatangan_jabatan", "penandatangan_nama", "penandatangan_nip", "unit_surat")}
    values["kop"] = tuple(line.strip() for line in a.kop if line.strip())
    if (a.provinsi.strip().upper(), a.kabupaten.strip().upper()) != (before.provinsi.upper(), before.kabupaten.upper()):
        values["header_kartu"] = card_header(a.provinsi, a.kabupaten)
    return values


def card_header(provinsi: str, kabupaten: str) -> tuple[str, str]:
    """The two lines at the head of a card; a city keeps its word."""
    name = kabupaten.strip().upper().removeprefix("KABUPATEN ")
    return f"PROVINSI {provinsi.strip().upper()}", name if name.startswith("KOTA ") else f"KABUPATEN {name}"


def _channels(a: OfficeAnswers) -> tuple[str, ...]:
    told = (("Telepon", a.telepon), ("Email", a.email))
    return ("Langsung di loket kantor", *(f"{name}: {value.strip()}" for name, value in told if value.strip()))
