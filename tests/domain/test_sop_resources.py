"""The five shipped SOPs against DOMAIN.md 1 and the source documents."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import time
from pathlib import Path

import pytest

from ktpel_kiosk.domain.permohonan import plan_tahap
from ktpel_kiosk.domain.sop import Layanan, Peran, Sop, Stage
from ktpel_kiosk.domain.sop_file import check_sop, parse_sop, sop_table

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "resources" / "sop"
SOURCES = Path(os.environ.get("KTPEL_SHARED", ROOT.parent / "shared")) / "sop-sources"
NAMES = ("pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin")

STAGE_MAP: dict[str, dict[int, str]] = {
    "pronojiwo": {1: "terima_berkas agenda_register", 2: "verifikasi validasi", 3: "rekam kirim menunggu_prr", 4: "cetak_encode aktivasi",
                  5: "serah_pemohon"},
    "kebakkramat": {1: "terima_berkas", 2: "agenda_register", 3: "verifikasi", 4: "validasi", 5: "rekam kirim terbit_surat",
                    6: "serah_surat"},
    "tempeh": {1: "terima_berkas", 2: "terima_berkas agenda_register", 3: "verifikasi validasi", 4: "rekam kirim menunggu_prr",
               5: "cetak_encode", 6: "aktivasi", 7: "serah_loket", 8: "serah_pemohon"},
    "palaran": {1: "terima_berkas agenda_register", 2: "verifikasi", 3: "rekam", 4: "rekam", 6: "kirim menunggu_prr",
                7: "cetak_encode serah_pemohon"},
    "tapin": {1: "terima_berkas", 2: "terima_berkas agenda_register", 3: "verifikasi", 4: "validasi", 5: "rekam", 6: "kirim menunggu_prr",
              7: "cek_cetak", 8: "cetak_encode", 9: "serah_loket", 10: "serah_pemohon"},
}
SECONDS: dict[str, list[float | None]] = {
    "pronojiwo": [300, 600, 1200, 600, 300], "kebakkramat": [60, 180, 180, 120, 300, 60], "tempeh": [None] * 8,
    "palaran": [120, 180, 300, 180, 120, 120], "tapin": [60, 60, 600, 60, 300, 900, 60, 60, 30, 30],
}


def load(name: str) -> Sop:
    return parse_sop((FOLDER / f"{name}.toml").read_text("utf-8"), name=f"{name}.toml")


@pytest.mark.parametrize("name", NAMES)
def test_steps_stages_and_times_are_the_printed_ones(name: str) -> None:
    sop = load(name)
    assert {s.nomor: " ".join(s.stages) for s in sop.langkah} == STAGE_MAP[name]
    assert [s.limit_s for s in sop.langkah] == SECONDS[name]
    assert sop.id == name
    assert len(plan_tahap(sop)) == sum(len(v.split()) for v in STAGE_MAP[name].values())


def test_totals_and_standards() -> None:
    assert {n: load(n).total_s() / 60 for n in NAMES} == {"pronojiwo": 50, "kebakkramat": 15, "tempeh": 0, "palaran": 17, "tapin": 36}
    assert [load(n).total_tertulis_menit for n in NAMES] == [None, 15, None, None, 36]
    tempeh = load("tempeh").mutu
    assert (tempeh.jenis, tempeh.nilai, tempeh.mulai, tempeh.hitung) == ("hari_kerja", 1, "dinyatakan_lengkap", "akhir_hari")


def test_offices() -> None:
    assert [load(n).kantor.kode_wilayah for n in NAMES] == ["35.08.02", "33.13.14", "35.08.05", "64.72.01", "63.05"]
    assert [load(n).kantor.zona_waktu for n in NAMES] == ["WIB", "WIB", "WIB", "WITA", "WITA"]
    assert [load(n).akhir for n in NAMES] == ["kartu", "surat", "kartu", "kartu", "kartu"]
    tapin = load("tapin")
    assert (tapin.kantor.jam_buka, tapin.kantor.jam_tutup, tapin.kantor.jenis) == (time(8), time(15), "dinas")
    assert not tapin.kuasa_boleh
    assert load("palaran").kantor.header_kartu == ("PROVINSI KALIMANTAN TIMUR", "KOTA SAMARINDA")
    assert load("tempeh").kantor.pengaduan == (
        "Kotak saran", "Website: tempeh.lumajangkab.go.id", "Telepon: (0334) 520003", "Email: kec_tempeh@lumajangkab.go.id")
    assert load("pronojiwo").kantor.unit_surat == "427.82"


def test_palaran_captures_the_photo_in_its_own_step() -> None:
    sop = load("palaran")
    assert {s.nomor: s.rekam for s in sop.langkah if s.rekam} == {3: ("jari", "iris", "tanda_tangan"), 4: ("foto",)}


def test_roles_of_the_flow() -> None:
    kebakkramat = load("kebakkramat")
    assert kebakkramat.peran_of(kebakkramat.langkah[3]) == {Peran.VALIDATOR, Peran.CAMAT, Peran.KASI}
    tapin = load("tapin")
    assert tapin.peran_of(tapin.langkah[0]) == frozenset(), "the applicant files; the counter records it by the fallback table"
    assert tapin.peran_of(tapin.langkah[9]) == {Peran.PENYERAH}
    assert [p.kind for p in load("pronojiwo").pelaksana_of(load("pronojiwo").langkah[2])] == ["petugas", "sistem"]


@pytest.mark.parametrize("name", NAMES)
def test_services_of_the_law_are_offered(name: str) -> None:
    sop = load(name)
    offered = {s.layanan for s in sop.layanan}
    assert {Layanan.BARU_WNI, Layanan.HILANG, Layanan.RUSAK, Layanan.PEMULA, Layanan.PERUBAHAN_DATA, Layanan.PINDAH_DATANG} <= offered
    assert all(s.sumber for s in sop.layanan)
    assert all("f102" in {p.kode for p in s.syarat} and "kk" in {p.kode for p in s.syarat} for s in sop.layanan)
    rusak = sop.layanan_of(Layanan.RUSAK)
    assert rusak is not None
    assert rusak.tarik_kartu_lama
    assert rusak.rekam == "tidak"
    hilang = sop.layanan_of(Layanan.HILANG)
    assert hilang is not None
    assert {p.kode: p.kondisi for p in hilang.syarat}["itap"] == "wna"


def test_local_papers_never_refuse_anybody() -> None:
    found = {(n, p.kode): p.wajib for n in NAMES for s in load(n).layanan for p in s.syarat if p.lokal}
    assert found == {("palaran", "pengantar_rt"): False, ("palaran", "ktp_fc"): False}


def test_ijazah_is_what_tapins_own_standard_asks_for_and_refuses_nobody() -> None:
    papers = {p.kode: (p.wajib, p.lokal) for p in load("tapin").layanan_of(Layanan.BARU_WNI).syarat}
    assert papers["ijazah"] == (False, False)


def test_recording_is_skipped_where_the_sop_says_so() -> None:
    rekam = {}
    for name in NAMES:
        new = load(name).layanan_of(Layanan.BARU_WNI)
        rekam[name] = new.rekam if new else ""
    assert rekam == {"pronojiwo": "bila_belum", "tempeh": "bila_belum", "kebakkramat": "ya", "palaran": "ya", "tapin": "ya"}


@pytest.mark.parametrize("name", NAMES)
def test_no_warnings_on_shipped_files(name: str) -> None:
    assert [f for f in check_sop(load(name)) if f.level == "WARN"] == []


def test_notes_say_how_ambiguities_are_read() -> None:
    assert any("Nomor 5 tidak ada" in c for c in load("palaran").catatan)
    assert any(f.rule == "number_gap" for f in check_sop(load("palaran")))
    assert not any(Stage.AKTIVASI in s.stages for s in load("tapin").langkah)
    assert len(load("tempeh").standar) == len(load("tapin").standar) == 14


def test_digest_and_source() -> None:
    text = (FOLDER / "tapin.toml").read_text("utf-8")
    sop = parse_sop(text)
    assert sop.digest == hashlib.sha256(text.encode()).hexdigest()
    assert sop.source_text == text
    assert parse_sop(text + "\n").digest != sop.digest


def test_table_a_kasi_recognises() -> None:
    rows = sop_table(load("tapin"))
    assert [r.no for r in rows] == [str(n) for n in range(1, 11)]
    assert (rows[8].waktu, rows[2].waktu) == ("0,5 menit", "10 menit")
    assert rows[4].pelaksana == "Adm SIAK Identitas Penduduk"
    assert "Printer Fargo" in rows[7].kelengkapan
    assert rows[3].keterangan == "Apabila data invalid atau ganda maka berkas dikembalikan ke pemohon"


@pytest.mark.parametrize("name", NAMES)
def test_sentences_and_roles_stand_in_the_source(name: str) -> None:
    source = SOURCES / f"{name}.txt"
    if not source.is_file():
        pytest.skip("source documents are not here")
    words = _letters(source.read_text("utf-8"))
    sop = load(name)
    for step in sop.langkah:
        assert _letters(step.kegiatan) in words, step.kegiatan
        for paper in (*step.output, *(k for k in step.kelengkapan if name != "tempeh")):
            head = _letters(paper)[:20]
            assert head in words, paper
    for actor in sop.pelaksana:
        assert _letters(actor.nama) in words, actor.nama


def _letters(text: str) -> str:
    plain = re.sub(r"<[^>]+>", " ", text)
    return re.sub(r"[^a-z0-9]", "", plain.lower())


@pytest.mark.parametrize("name", NAMES)
def test_the_public_reads_whom_a_conditional_paper_concerns(name: str) -> None:
    sop = parse_sop((FOLDER / f"{name}.toml").read_text("utf-8"), name=name)
    lines = [s for service in sop.layanan for s in service.syarat]
    assert any(s.kondisi for s in lines)
    assert all(s.umum.count("(bila") + s.umum.count("(bagi") == bool(s.kondisi or not s.wajib) for s in lines)
    assert any(s.umum.endswith("(bila belum berusia 17 tahun)") for s in lines)
