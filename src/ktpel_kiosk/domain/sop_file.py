"""Reading an office's SOP file (TOML) into :class:`Sop`: strict, one clear error with file, line, key and value.

Form of the file: top-level keys of the document (id, judul, nomor, dasar_hukum, akhir, ...), one ``[mutu]`` and one ``[kantor]``,
then ``[[pelaksana]]`` (nama, jenis, peran), ``[[langkah]]`` in working order (nomor as printed, detik = mutu baku in seconds,
tahap = canonical stages, rekam = parts captured here), ``[[layanan]]`` each with ``[[layanan.varian]]`` (kinds of the service; the
first is the usual one) and ``[[layanan.syarat]]`` (``varian`` names the kinds a paper is asked for), and ``[[standar]]`` for the
public Standar Pelayanan. The five files in resources/sop/ are examples.
"""

from __future__ import annotations

import hashlib
import re
from datetime import time

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.numbering import check_template
from ktpel_kiosk.domain.sop import (
    REKAM_PARTS,
    STAGE_ORDER,
    Kantor,
    Komponen,
    Langkah,
    Layanan,
    LayananSop,
    Mutu,
    Pelaksana,
    Peran,
    Sop,
    Stage,
    Syarat,
    Varian,
)
from ktpel_kiosk.domain.sop_check import SopFinding, SopRow, check_sop, sop_table
from ktpel_kiosk.domain.text import ZONES
from ktpel_kiosk.domain.toml_reader import Source, Table, nearest

__all__ = ["KONDISI", "SopFinding", "SopRow", "check_sop", "parse_sop", "sop_table"]

KONDISI: tuple[str, ...] = ("", "usia<17", "wna", "belum_rekam")
REKAM: tuple[str, ...] = ("ya", "tidak", "bila_belum")
MAX_CHARS = 500_000
REPEATABLE: frozenset[Stage] = frozenset({Stage.TERIMA_BERKAS, Stage.VERIFIKASI, Stage.VALIDASI, Stage.REKAM})
"""Stages an office may spread over several printed steps."""

NEEDS: tuple[tuple[Stage, Stage], ...] = (
    (Stage.REKAM, Stage.KIRIM), (Stage.KIRIM, Stage.REKAM), (Stage.MENUNGGU_PRR, Stage.KIRIM), (Stage.CETAK_ENCODE, Stage.MENUNGGU_PRR),
    (Stage.CEK_CETAK, Stage.CETAK_ENCODE), (Stage.CETAK_ENCODE, Stage.SERAH_PEMOHON), (Stage.AKTIVASI, Stage.CETAK_ENCODE),
    (Stage.SERAH_LOKET, Stage.CETAK_ENCODE), (Stage.SERAH_PEMOHON, Stage.CETAK_ENCODE), (Stage.TERBIT_SURAT, Stage.SERAH_SURAT),
    (Stage.SERAH_SURAT, Stage.TERBIT_SURAT),
)
"""The first stage makes no sense without the second."""

ENDS: dict[str, tuple[Stage, ...]] = {
    "kartu": (Stage.TERIMA_BERKAS, Stage.AGENDA_REGISTER, Stage.CETAK_ENCODE, Stage.SERAH_PEMOHON),
    "surat": (Stage.TERIMA_BERKAS, Stage.AGENDA_REGISTER, Stage.TERBIT_SURAT, Stage.SERAH_SURAT),
}
CARD_STAGES: frozenset[Stage] = frozenset({
    Stage.CEK_CETAK, Stage.CETAK_ENCODE, Stage.AKTIVASI, Stage.SERAH_LOKET, Stage.SERAH_PEMOHON,
})


def parse_sop(text: str, *, name: str = "sop.toml") -> Sop:
    """The SOP in ``text``; ``digest`` is the SHA-256 (hex) of its UTF-8 bytes.

    Raises:
        BadInput: ``sop.<rule>`` with facts path, line (1-based), key, value and, where it helps, expected.
    """
    if len(text) > MAX_CHARS:
        raise BadInput("sop.too_large", path=name, count=len(text), limit=MAX_CHARS)
    source = Source(text, name, "sop")
    top = Table(source, source.data, ())
    actors = _actors(top)
    steps = _steps(top, actors)
    end = top.choice("akhir", tuple(ENDS), "kartu")
    _stage_rules(source, steps, end)
    sop = Sop(
        id=_identifier(top), judul=top.text("judul"), nomor=top.text("nomor", ""), jenis_dokumen=top.text("jenis_dokumen", "SOP"),
        tanggal=top.text("tanggal", ""), disahkan_oleh=top.text("disahkan_oleh", ""), dasar_hukum=top.texts("dasar_hukum"),
        kantor=_office(top.table("kantor")), pelaksana=actors, langkah=steps, layanan=_services(top), mutu=_standard(top.table("mutu")),
        total_tertulis_menit=top.number("total_tertulis_menit"), akhir=end,
        empat_mata=top.choice("empat_mata", ("ingatkan", "larang"), "ingatkan"), kuasa_boleh=top.flag("kuasa_boleh", False),
        peringatan=top.texts("peringatan"), catatan=top.texts("catatan"), kualifikasi=top.texts("kualifikasi"),
        keterkaitan=top.texts("keterkaitan"), peralatan=top.texts("peralatan"), pencatatan=top.texts("pencatatan"),
        standar=_components(top), digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), source_text=text,
    )
    top.end()
    return sop


def _identifier(top: Table) -> str:
    value = top.text("id")
    if not re.fullmatch(r"[a-z][a-z0-9_-]{1,39}", value):
        top.fail("bad_id", "id", value, expected="huruf kecil, angka, - dan _")
    return value


def _actors(top: Table) -> tuple[Pelaksana, ...]:
    found: list[Pelaksana] = []
    for table in top.tables("pelaksana"):
        nama = table.text("nama")
        if nama in {p.nama for p in found}:
            table.fail("duplicate_actor", "nama", nama)
        kind = table.choice("jenis", ("petugas", "pemohon", "sistem"), "petugas")
        roles = table.choices("peran", Peran, "unknown_role")
        if kind != "petugas" and roles:
            table.fail("role_without_officer", "peran", roles)
        table.end()
        found.append(Pelaksana(nama, roles, kind))
    return tuple(found)


def _steps(top: Table, actors: tuple[Pelaksana, ...]) -> tuple[Langkah, ...]:
    known = [p.nama for p in actors]
    steps: list[Langkah] = []
    for table in top.tables("langkah", required=True):
        nomor = table.whole("nomor", least=1)
        if nomor in {s.nomor for s in steps}:
            table.fail("duplicate_number", "nomor", nomor)
        names = table.texts("pelaksana")
        for index, actor in enumerate(names):
            if actor not in known:
                top.source.fail("unknown_actor", (*table.path, "pelaksana", index), actor, expected=nearest(actor, known) or "-")
        stages = table.choices("tahap", Stage, "unknown_stage")
        parts = table.texts("rekam")
        for index, part in enumerate(parts):
            if part not in REKAM_PARTS:
                top.source.fail("unknown_value", (*table.path, "rekam", index), part, expected=nearest(part, REKAM_PARTS))
        if parts and Stage.REKAM not in stages:
            table.fail("rekam_without_stage", "rekam", parts)
        steps.append(Langkah(
            nomor=nomor, judul=table.text("judul"), kegiatan=table.text("kegiatan"), pelaksana=names, limit_s=table.number("detik"),
            stages=stages, kelengkapan=table.texts("kelengkapan"), output=table.texts("output"), rekam=parts,
            catatan=table.text("catatan", ""), keterangan=table.text("keterangan", ""),
        ))
        table.end()
    if not steps:
        top.fail("no_steps", "langkah")
    return tuple(steps)


def _stage_rules(source: Source, steps: tuple[Langkah, ...], end: str) -> None:
    """Order, repetition, pairs, the end the office promises, and that recording is complete."""
    placed = [(stage, index, at) for index, step in enumerate(steps) for at, stage in enumerate(step.stages)]
    highest, seen = -1, set[Stage]()
    for stage, index, at in placed:
        where = ("langkah", index, "tahap", at)
        rank = STAGE_ORDER.index(stage)
        if rank < highest:
            source.fail("stage_order", where, stage, expected=str(STAGE_ORDER[highest]))
        if stage in seen and (stage not in REPEATABLE or stage in steps[index].stages[:at]):
            source.fail("duplicate_stage", where, stage)
        highest = rank
        seen.add(stage)
    for stage, needed in NEEDS:
        if stage in seen and needed not in seen:
            index, at = next((i, a) for s, i, a in placed if s is stage)
            source.fail("missing_pair", ("langkah", index, "tahap", at), stage, expected=str(needed))
    for needed in ENDS[end]:
        if needed not in seen:
            source.fail("missing_stage", ("akhir",), end, expected=str(needed))
    for stage, index, at in placed:
        if end == "surat" and stage in CARD_STAGES:
            source.fail("wrong_end", ("langkah", index, "tahap", at), stage, expected="akhir = \"kartu\"")
    _recording_rules(source, steps)


def _recording_rules(source: Source, steps: tuple[Langkah, ...]) -> None:
    recording = [(i, s) for i, s in enumerate(steps) if Stage.REKAM in s.stages]
    captured: set[str] = set()
    for index, step in recording:
        for at, part in enumerate(step.rekam or REKAM_PARTS):
            if part in captured:
                source.fail("rekam_twice", ("langkah", index, "rekam", at), part)
            captured.add(part)
    missing = [p for p in REKAM_PARTS if p not in captured]
    if recording and missing:
        source.fail("rekam_incomplete", ("langkah", recording[-1][0], "rekam"), recording[-1][1].rekam, expected=", ".join(missing))


def _services(top: Table) -> tuple[LayananSop, ...]:
    found: list[LayananSop] = []
    known = [str(x) for x in Layanan]
    for table in top.tables("layanan", required=True):
        kind = Layanan(table.choice("jenis", tuple(known), rule="unknown_service"))
        if kind in {s.layanan for s in found}:
            table.fail("duplicate_service", "jenis", kind)
        kinds = _kinds(table)
        found.append(LayananSop(
            layanan=kind, nama=table.text("nama"), syarat=_papers(table, kinds), rekam=table.choice("rekam", REKAM, "ya"),
            tarik_kartu_lama=table.flag("tarik_kartu_lama", False), ketentuan=table.texts("ketentuan"), sumber=table.text("sumber", ""),
            kuasa=table.flag("kuasa", False), varian=kinds,
        ))
        table.end()
    if not found:
        top.fail("no_services", "layanan")
    return tuple(found)


def _code(table: Table, taken: set[str], rule: str) -> str:
    kode = table.text("kode")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", kode):
        table.fail("bad_id", "kode", kode, expected="huruf kecil, angka dan _")
    if kode in taken:
        table.fail(rule, "kode", kode)
    return kode


def _kinds(service: Table) -> tuple[Varian, ...]:
    kinds: list[Varian] = []
    for table in service.tables("varian"):
        kinds.append(Varian(
            _code(table, {k.kode for k in kinds}, "duplicate_kind"), table.text("nama"), table.choice("rekam", ("", *REKAM), ""),
            table.flag("tarik_kartu_lama", False), table.choice("kewarganegaraan", ("", "WNI", "WNA"), ""),
        ))
        table.end()
    return tuple(kinds)


def _papers(service: Table, kinds: tuple[Varian, ...]) -> tuple[Syarat, ...]:
    papers: list[Syarat] = []
    known = [k.kode for k in kinds]
    for table in service.tables("syarat"):
        kode = _code(table, {p.kode for p in papers}, "duplicate_paper")
        wanted = table.texts("varian")
        for index, kind in enumerate(wanted):
            if kind not in known:
                service.source.fail("unknown_kind", (*table.path, "varian", index), kind, expected=", ".join(known) or "-")
        papers.append(Syarat(
            kode, table.text("teks"), table.flag("wajib", True), table.choice("kondisi", KONDISI, ""), table.flag("lokal", False), wanted,
        ))
        table.end()
    return tuple(papers)


def _standard(table: Table) -> Mutu:
    kind = table.choice("jenis", ("menit", "hari_kerja"))
    value = table.number("nilai")
    if kind == "hari_kerja" and (value is None or value < 1 or value != int(value)):
        table.fail("working_days", "nilai", value)
    mutu = Mutu(kind, value, table.choice("mulai", ("diterima", "dinyatakan_lengkap"), "diterima"),
                table.choice("hitung", ("akhir_hari", "jam_sama"), "akhir_hari"))
    table.end()
    return mutu


def _components(top: Table) -> tuple[Komponen, ...]:
    found = []
    for table in top.tables("standar"):
        found.append(Komponen(table.text("judul"), table.texts("isi")))
        table.end()
    return tuple(found)


def _office(table: Table) -> Kantor:
    code = table.text("kode_wilayah")
    if not re.fullmatch(r"\d\d\.?\d\d(\.?\d\d)?", code, re.ASCII):
        table.fail("region_code", "kode_wilayah", code, expected="35.08.05")
    opens, closes = table.clock("jam_buka", time(8, 0)), table.clock("jam_tutup", time(15, 0))
    if opens >= closes:
        table.fail("hours", "jam_tutup", closes.strftime("%H.%M"), expected=f"> {opens.strftime('%H.%M')}")
    header = table.texts("header_kartu", ("", "")) if table.has("header_kartu") else ("", "")
    if len(header) != 2:
        table.fail("card_header", "header_kartu", header, expected="2")
    kop = table.texts("kop")
    if not kop:
        table.fail("empty", "kop")
    office = Kantor(
        nama=table.text("nama"), pemda=table.text("pemda"), unit=table.text("unit"), jenis=table.choice("jenis", ("kecamatan", "dinas")),
        kode_wilayah=code, provinsi=table.text("provinsi"), kabupaten=table.text("kabupaten"), kecamatan=table.text("kecamatan", ""),
        zona_waktu=table.choice("zona_waktu", tuple(ZONES)), kop=kop, alamat=table.text("alamat", ""), telepon=table.text("telepon", ""),
        email=table.text("email", ""), situs=table.text("situs", ""), jam_buka=opens, jam_tutup=closes, header_kartu=(header[0], header[1]),
        terima_di_luar_jam=table.choice("terima_di_luar_jam", ("ingatkan", "tolak"), "ingatkan"),
        format_nomor=_template(table, "format_nomor", "{urut:04d}/KTP/{bulan_romawi}/{tahun}"),
        format_surat=_template(table, "format_surat", "{kode}/{urut:03d}/{unit}/{tahun}"), unit_surat=table.text("unit_surat", ""),
        penandatangan_jabatan=table.text("penandatangan_jabatan", ""), penandatangan_nama=table.text("penandatangan_nama", ""),
        penandatangan_nip=table.text("penandatangan_nip", ""), buku_register=table.text("buku_register", "Buku Register"),
        pengaduan=table.texts("pengaduan"), dpo_kontak=table.text("dpo_kontak", ""),
    )
    if "{unit}" in office.format_surat and not office.unit_surat:
        table.fail("letter_unit", "format_surat", office.format_surat)
    table.end()
    return office


def _template(table: Table, key: str, default: str) -> str:
    template = table.text(key, default)
    try:
        check_template(template)
    except BadInput as error:
        table.fail("number_template", key, error.facts.get("value", ""), reason=error.message_key, expected=template)
    return template
