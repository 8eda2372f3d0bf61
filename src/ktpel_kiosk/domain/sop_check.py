"""Advice on a readable SOP, and its steps as the table a Kasi knows.

Nothing here refuses a file; that is :mod:`ktpel_kiosk.domain.sop_file`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ktpel_kiosk.domain.permissions import STAGE_ROLES
from ktpel_kiosk.domain.sop import Layanan, Sop, Stage
from ktpel_kiosk.domain.text import minutes_text, number_text

WARN, INFO = "WARN", "INFO"
TABLE_HEADER: tuple[str, ...] = ("No.", "Kegiatan", "Pelaksana", "Kelengkapan", "Waktu", "Output", "Keterangan")
_EXPECTED_SERVICES = (Layanan.BARU_WNI, Layanan.HILANG, Layanan.RUSAK)


@dataclass(frozen=True, slots=True)
class SopFinding:
    """One piece of advice; ``nomor`` is the printed step number, 0 for the whole file."""

    level: str
    rule: str
    text: str
    nomor: int = 0


class SopRow(NamedTuple):
    """One printed row, in the order of ``TABLE_HEADER``."""

    no: str
    kegiatan: str
    pelaksana: str
    kelengkapan: str
    waktu: str
    output: str
    keterangan: str


def sop_table(sop: Sop) -> list[SopRow]:
    """The steps as printed: lists joined by newlines, ``-`` where the SOP says nothing."""
    return [
        SopRow(str(s.nomor), s.kegiatan, " / ".join(s.pelaksana) or "-", "\n".join(s.kelengkapan) or "-", minutes_text(s.limit_s),
               "\n".join(s.output) or "-", s.keterangan or "-")
        for s in sop.langkah
    ]


def check_sop(sop: Sop) -> tuple[SopFinding, ...]:
    """What to look at before this SOP is put in force; WARN first, then INFO, each in file order."""
    found = [*_reach(sop), *_roles(sop), *_times(sop), *_parts(sop)]
    return tuple(sorted(found, key=lambda f: f.level != WARN))


def _reach(sop: Sop) -> Iterator[SopFinding]:
    """Steps and stages that no application will ever come to."""
    for step in sop.langkah:
        if not step.stages:
            yield SopFinding(WARN, "step_without_stage", f"Langkah {step.nomor} ({step.judul}) tidak dipetakan ke tahap mana pun; "
                             "tidak akan muncul di meja layanan.", step.nomor)
    if not any(s.rekam != "tidak" for s in sop.layanan):
        for step in sop.langkah:
            if Stage.REKAM in step.stages:
                yield SopFinding(WARN, "unreachable_stage", f"Langkah {step.nomor} merekam, tetapi tidak ada layanan yang memerlukan "
                                 "perekaman.", step.nomor)
    numbers = [s.nomor for s in sop.langkah]
    if numbers != sorted(numbers):
        yield SopFinding(WARN, "number_order", "Nomor langkah tidak berurutan; langkah dikerjakan menurut urutan dalam berkas.")
    gaps = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
    if gaps:
        yield SopFinding(INFO, "number_gap", f"Nomor langkah {', '.join(map(str, gaps))} tidak ada, seperti pada naskah.")
    if not any(Stage.VALIDASI in s.stages for s in sop.langkah):
        yield SopFinding(INFO, "no_validation", "SOP ini tidak mempunyai langkah validasi; verifikasi menjadi keputusan terakhir.")
    if sop.akhir == "kartu" and not any(Stage.AKTIVASI in s.stages for s in sop.langkah):
        yield SopFinding(INFO, "no_activation", "SOP ini tidak mempunyai langkah aktivasi; sidik jari tidak dicocokkan dengan kartu.")


def _roles(sop: Sop) -> Iterator[SopFinding]:
    """Officers without a role, steps nobody of the SOP may do, actors no step uses."""
    held = {r for p in sop.pelaksana for r in p.peran}
    used = {name for s in sop.langkah for name in s.pelaksana}
    for actor in sop.pelaksana:
        if actor.kind == "petugas" and not actor.peran:
            yield SopFinding(WARN, "actor_without_role", f"Pelaksana {actor.nama} belum mempunyai peran; tidak ada yang dapat bertindak "
                             "atas namanya.")
        if actor.nama not in used and actor.kind != "sistem":
            yield SopFinding(INFO, "actor_unused", f"Pelaksana {actor.nama} tidak dipakai di langkah mana pun.")
    for step in sop.langkah:
        roles = sop.peran_of(step)
        for stage in step.stages:
            if not roles and not STAGE_ROLES[stage] & held:
                names = ", ".join(sorted(STAGE_ROLES[stage]))
                yield SopFinding(WARN, "nobody_for_stage", f"Tahap {stage} pada langkah {step.nomor} perlu peran {names}, tetapi tidak "
                                 "ada pelaksana yang memegangnya.", step.nomor)
    verifiers = {r for s in sop.langkah if Stage.VERIFIKASI in s.stages for r in sop.peran_of(s)}
    validators = {r for s in sop.langkah if Stage.VALIDASI in s.stages for r in sop.peran_of(s)}
    if verifiers and verifiers & validators:
        yield SopFinding(INFO, "same_officer", "Verifikasi dan validasi dapat dilakukan pejabat yang sama; kedua tindakan tetap dicatat "
                         "sendiri-sendiri.")


def _times(sop: Sop) -> Iterator[SopFinding]:
    total = sop.total_s() / 60
    if sop.total_tertulis_menit is not None and abs(total - sop.total_tertulis_menit) > 1e-6:
        yield SopFinding(WARN, "total_differs", f"Jumlah waktu langkah {number_text(total, 1)} menit, tertulis "
                         f"{number_text(sop.total_tertulis_menit, 1)} menit.")
    if sop.total_tertulis_menit is None and total:
        yield SopFinding(INFO, "total_missing", f"Jumlah waktu tidak tertulis pada naskah; jumlah langkah {number_text(total, 1)} menit.")
    if sop.mutu.jenis == "menit":
        if sop.mutu.nilai is not None and abs(total - sop.mutu.nilai) > 1e-6:
            yield SopFinding(WARN, "standard_differs", f"Mutu baku {number_text(sop.mutu.nilai, 1)} menit berbeda dari jumlah langkah "
                             f"{number_text(total, 1)} menit.")
        for step in sop.langkah:
            if step.limit_s is None:
                yield SopFinding(INFO, "step_without_time", f"Langkah {step.nomor} tidak mempunyai waktu.", step.nomor)


def _parts(sop: Sop) -> Iterator[SopFinding]:
    """Recommended parts that are missing."""
    office = sop.kantor
    missing = [
        (not sop.dasar_hukum, "dasar_hukum", "Dasar hukum belum diisi."),
        (sop.akhir == "kartu" and not all(office.header_kartu), "header_kartu", "Dua baris kepala KTP-el belum diisi."),
        (not office.penandatangan_nama, "penandatangan", "Nama penandatangan belum diisi; surat dan buku dicetak tanpa nama."),
        (not office.pengaduan, "pengaduan", "Saluran pengaduan belum diisi."),
        (not office.dpo_kontak, "dpo_kontak", "Kontak pelindungan data pribadi belum diisi (UU 27/2022)."),
        (not office.alamat, "alamat", "Alamat kantor belum diisi; kop surat menjadi kurang lengkap."),
    ]
    for wrong, key, text in missing:
        if wrong:
            yield SopFinding(WARN if key == "header_kartu" else INFO, f"missing_{key}", text)
    offered = {s.layanan for s in sop.layanan}
    for service in _EXPECTED_SERVICES:
        if service not in offered:
            yield SopFinding(WARN, "service_missing", f"Layanan {service} belum ditawarkan; layanan ini wajib ada secara nasional.")
    for s in sop.layanan:
        if not s.syarat:
            yield SopFinding(WARN, "service_without_papers", f"Layanan {s.nama} belum mempunyai daftar syarat.")
