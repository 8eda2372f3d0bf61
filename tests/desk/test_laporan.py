"""A hand-written office: every figure of its November is worked out in the comments and compared with the report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from desk_office import build

from ktpel_kiosk.desk import laporan_paper
from ktpel_kiosk.desk.laporan import laporan, office_villages, tertunda, waktu
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, NotAllowed
from ktpel_kiosk.domain.laporan import LP, Masa
from ktpel_kiosk.domain.ledgers import BlangkoMove, BlangkoMoveKind, Letter
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.penduduk import JenisKelamin
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, TahapState, plan_tahap
from ktpel_kiosk.domain.sop import Layanan, Peran
from ktpel_kiosk.ports.register import Handover

NOV = Masa("bulan", date(2026, 11, 1))
L, P = JenisKelamin.LAKI_LAKI, JenisKelamin.PEREMPUAN


def wib(month: int, day: int, hour: int = 9, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, micro, tzinfo=UTC) - timedelta(hours=7)


class Written:
    """Applications put into a real register as they would have come to stand there."""

    def __init__(self, folder, name: str) -> None:
        self.office = build(folder, name)
        self.desk, self.clock = self.office.desk, self.office.clock
        self.kasi = self.office.actor(Peran.KASI)
        self.desk.register.write(lambda tx: (tx.put_sop(self.desk.sop.digest, self.desk.sop.id, self.desk.sop.source_text),
                                             tx.log("SopAdopted", "-", "-")))

    def at(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()).total_seconds())

    def put(self, n: int, sex: JenisKelamin, desa: str, created: datetime, steps: dict[int, tuple[datetime, float]], *,
            layanan: Layanan = Layanan.BARU_WNI, state: Keadaan = Keadaan.BERJALAN, skip: bool = False, **more: object) -> Permohonan:
        """``steps``: printed step -> (finished, active minutes); a step whose last stage waits for PRR is ended by "siak"."""
        tahap = []
        for t in plan_tahap(self.desk.sop):
            end = steps.get(t.nomor)
            if end is None:
                tahap.append(t)
            elif skip and t.stage in ("rekam", "kirim", "menunggu_prr"):
                tahap.append(replace(t, state=TahapState.DILEWATI))
            else:
                first = not any(x.nomor == t.nomor and x.state is TahapState.SELESAI for x in tahap)
                tahap.append(replace(t, state=TahapState.SELESAI, started_at=end[0], finished_at=end[0],
                                     active_s=end[1] * 60 if first else 0.0, actor="operator", role="operator"))
        who = self.office.person(n, jenis_kelamin=sex, desa=desa, **{k: v for k, v in more.items() if k in ("tanggal_lahir",)})
        p = Permohonan(
            f"01930000-0000-7000-9000-{n:012d}", layanan, who, self.desk.sop.id, self.desk.sop.digest, state, tuple(tahap), (), created,
            more.get("updated", created), "loket", f"{n:04d}/KTP/XI/2026", complete_at=created,  # type: ignore[arg-type]
            due_at=more.get("due"), mobile_place=str(more.get("mobile", "")))  # type: ignore[arg-type]
        self.desk.register.write(lambda tx: (tx.save_permohonan(p), tx.log("DraftSaved", p.id, "loket")))
        return p

    def add(self, *acts: object) -> None:
        self.desk.register.write(lambda tx: [*(act(tx) for act in acts), tx.log("DraftSaved", "x", "loket")])  # type: ignore[operator]


def job(p: Permohonan, n: int, state: JobState, at: datetime):
    made = CardJob(f"job-{n}", p.id, f"{p.id}:{n}", p.penduduk.nik, f"B{n:04d}", state, at, at, operator="operator")
    return lambda tx: tx.add_card_job(made)


def packet(p: Permohonan, n: int, sealed: datetime, received: datetime | None):
    made = Packet(f"p-{n}", p.id, "s", n, "0" * 64, f"{n:064x}", 400_000, "f", PacketState.RECEIVED if received else PacketState.SEALED,
                  sealed, received_at=received)
    return lambda tx: tx.add_packet(made)


def handed(p: Permohonan, at: datetime, kind: str = "kartu"):
    return lambda tx: tx.put_handover(Handover(p.id, kind, "X", "ybs", "loket", at, b"png"))


@pytest.fixture
def pronojiwo(tmp_path):
    w = Written(tmp_path, "pronojiwo")
    w.at(wib(10, 31, 23, 0))
    end_of_october = wib(10, 31, 23, 59, 59)
    # B: a lost card, October by one second, no recording; made and taken in November. 6 + 10 + 10 + 5 = 31 minutes of 50.
    b = w.put(2, P, "PRONOJIWO", end_of_october, {
        1: (end_of_october, 6), 2: (wib(11, 2, 8), 10), 3: (wib(11, 2, 8), 0), 4: (wib(11, 2, 9), 10), 5: (wib(11, 2, 10), 5)},
              layanan=Layanan.HILANG, state=Keadaan.SELESAI, skip=True, updated=wib(11, 2, 10))
    # A: 4 + 8 + 15 + 9 + 5 = 41 minutes; one card spoiled.
    a = w.put(1, L, "SIDOMULYO", wib(11, 2), {1: (wib(11, 2, 9), 4), 2: (wib(11, 2, 10), 8), 3: (wib(11, 3, 8), 15), 4: (wib(11, 3, 9), 9),
              5: (wib(11, 3, 10), 5)}, state=Keadaan.SELESAI, updated=wib(11, 3, 10))
    # C: recorded at a school, print ready, not printed. D: 16 years old, print ready, waits for the birthday.
    c = w.put(3, P, "SIDOMULYO", wib(11, 10), {1: (wib(11, 10), 3), 2: (wib(11, 10, 10), 9), 3: (wib(11, 12), 30)}, mobile="SMKN 1")
    d = w.put(4, L, "TAMANAYU", wib(11, 15), {1: (wib(11, 15), 5), 2: (wib(11, 15, 10), 12), 3: (wib(11, 16), 19)}, layanan=Layanan.PEMULA,
              tanggal_lahir=date(2010, 1, 5))
    # E: papers went back. F: the last microsecond of November, from elsewhere. G: the first of December.
    w.at(wib(11, 20, 10))
    e = w.put(5, P, "TAMANAYU", wib(11, 20), {1: (wib(11, 20), 6)}, state=Keadaan.DIKEMBALIKAN, updated=wib(11, 20, 10))
    w.add(lambda tx: tx.log("ApplicationReturned", e.id, "kasi", reason="berkas_tidak_lengkap,lain"))
    f = w.put(6, L, "SEMBORO", wib(11, 30, 23, 59, 59, 999_999), {1: (wib(11, 30, 23, 59, 59, 999_999), 2)}, state=Keadaan.BATAL,
              updated=wib(12, 1))
    w.at(wib(12, 1))
    w.add(lambda tx: tx.log("ApplicationVoided", f.id, "kasi"))
    w.put(7, L, "SIDOMULYO", wib(12, 1, 0), {1: (wib(12, 1, 0), 2)})
    w.add(job(b, 1, JobState.CONFIRMED, wib(11, 2, 9)), job(a, 2, JobState.SPOILED, wib(11, 3, 8)),
          job(a, 3, JobState.CONFIRMED, wib(11, 3, 9)), job(a, 4, JobState.CANCELLED, wib(11, 3, 9)),
          handed(b, wib(11, 2, 10)), handed(a, wib(11, 3, 10)),
          packet(a, 1, wib(11, 2, 12), wib(11, 2, 13)), packet(c, 2, wib(11, 10, 12), None), packet(d, 3, wib(11, 15, 12), wib(12, 2)),
          lambda tx: tx.add_blangko_move(BlangkoMove(wib(11, 1, 8), BlangkoMoveKind.MASUK, 10, "kasi", "BAST")),
          lambda tx: tx.add_blangko_move(BlangkoMove(wib(12, 1, 8), BlangkoMoveKind.BAIK, 2, "kasi")))
    w.at(wib(12, 5))
    yield w
    w.desk.register.close()


def lines(report):
    return {x.kunci: (x.kini.laki, x.kini.perempuan, x.kini.total, x.lalu.total) for x in report.angka}


def test_every_figure_of_november(pronojiwo):
    report = laporan(pronojiwo.desk, pronojiwo.kasi, NOV)
    found = lines(report)
    assert found["masuk"] == (3, 2, 5, 1)             # A C D E F; B was October's
    assert found["perekaman"] == (2, 1, 3, 0)         # A C D; B's recording was skipped
    assert found["rekam_baru"] == (1, 0, 1, 0)        # A
    assert found["rekam_pemula"] == (1, 0, 1, 0)      # D
    assert found["rekam_jemput_bola"] == (0, 1, 1, 0)  # C
    assert found["rekam_ulang"] == (0, 0, 0, 0)
    assert found["cetak_baik"] == (1, 1, 2, 0)        # A B
    assert found["cetak_rusak"] == (1, 0, 1, 0)       # A's first card; the cancelled one counts nowhere
    assert found["pengambilan"] == (1, 1, 2, 0)
    assert found["dikembalikan"] == (0, 1, 1, 0)      # E
    assert found["batal"] == (0, 0, 0, 0)             # F was voided in December
    assert found["sisa_prr"] == (0, 1, 1, 0)          # C
    assert found["sisa_usia"] == (1, 0, 1, 0)         # D
    assert found["sisa_dikembalikan"] == (0, 1, 1, 0)  # E
    assert found["sisa_proses"] == (1, 0, 1, 1)       # F, not yet void; before: B
    assert found["sisa_diambil"] == (0, 0, 0, 0)
    assert found["belum_terkirim"][2] == 2            # C, and D whose receipt came in December
    assert found["sisa_blangko"][2:] == (20, 0)       # ten on 1 November and the ten the office was built with; two went in December
    assert "surat_terbit" not in found
    assert (report.kembali, report.kedatangan, report.bagian_kembali) == (1, 5, 0.2)
    assert report.alasan == (("berkas_tidak_lengkap", 1), ("lain", 1))
    assert not report.berjalan


def test_villages_services_and_days(pronojiwo):
    report = laporan(pronojiwo.desk, pronojiwo.kasi, NOV)
    villages = {d.desa: d for d in report.desa}
    assert set(office_villages(pronojiwo.desk)) <= set(villages)
    assert villages["Sidomulyo"].masuk == LP(1, 1)
    assert villages["Sidomulyo"].sisa_prr == LP(0, 1)
    assert villages["Oro-oro Ombo"].masuk.total == 0
    assert villages["Luar wilayah"].masuk == LP(1, 0)
    assert report.desa[-1].desa == "Luar wilayah"
    assert sum(d.masuk.total for d in report.desa) == sum(x.masuk.total for x in report.layanan) == 5
    services = {x.layanan: x for x in report.layanan}
    assert services["pemula"].perekaman == LP(1, 0)
    assert services["hilang"].dicetak == LP(0, 1)
    assert services["baru_wni"].dikembalikan == LP(0, 1)
    days = {name: n for (_, name), n in zip(report.bagian, report.seri["masuk"], strict=True) if n}
    assert days == {"2": 1, "10": 1, "15": 1, "20": 1, "30": 1}


def test_times_against_the_standard_of_the_sop(pronojiwo):
    times = waktu(pronojiwo.desk, pronojiwo.kasi, NOV)
    first, second, third, fourth, fifth = times.langkah
    # step 1 in November: A 4, C 3, D 5, E 6, F 2 -> median 4, ninth tenth 6, four of five within 5 minutes (B's was in October)
    assert (first.times.count, first.times.median_s, first.times.p90_s, first.times.within, first.limit_s) == (5, 240, 360, 4, 300)
    # step 2: B 10, A 8, C 9, D 12 -> median 9.5, p90 12, three within 10
    assert (second.times.count, second.times.median_s, second.times.p90_s, second.times.within) == (4, 570, 720, 3)
    # step 3 of B was skipped: A 15, C 30, D 19 of 20
    assert (third.times.count, third.times.median_s, third.times.within, third.tepat) == (3, 1140, 2, pytest.approx(2 / 3))
    assert (fourth.times.count, fifth.times.within) == (2, 2)
    # whole: A 41, B 31 of 50
    (limit, whole), = times.jasa
    assert (limit, whole.count, whole.median_s, whole.within) == (3000, 2, 2160, 2)
    assert {t.layanan: t.median_s for t in times.jasa_layanan} == {"baru_wni": 2460, "hilang": 1860}
    assert times.hari == ()
    assert times.tepat == (2, 2)


def test_december_begins_where_november_ends(pronojiwo):
    found = lines(laporan(pronojiwo.desk, pronojiwo.kasi, NOV.sesudah()))
    assert found["masuk"] == (1, 0, 1, 5)
    assert found["batal"] == (1, 0, 1, 0)
    assert found["sisa_proses"] == (1, 0, 1, 1)  # G; F is void now
    assert found["belum_terkirim"][2] == 1
    day = laporan(pronojiwo.desk, pronojiwo.kasi, Masa("hari", date(2026, 11, 30)))
    assert lines(day)["masuk"][2] == 1
    year = lines(laporan(pronojiwo.desk, pronojiwo.kasi, Masa("tahun", date(2026, 1, 1))))
    assert year["masuk"][2] == 7


def test_what_waits_now(pronojiwo):
    found = tertunda(pronojiwo.desk, pronojiwo.kasi)
    waits = {w.reason: w for w in found.menunggu}
    assert waits["dikembalikan"].ages == (0, 0, 0, 1, 0)  # since 20 November 10.00, it is 5 December
    packets, = found.paket
    assert (packets.count, packets.size, packets.oldest) == (1, 400_000, wib(11, 10, 12))


def test_working_day_standard_gross_and_net(tmp_path):
    w = Written(tmp_path, "tempeh")
    every = range(1, 9)

    def one(n: int, complete: datetime, end: datetime, due: datetime, waited: tuple[datetime, datetime] | None = None) -> None:
        p = w.put(n, L, "TEMPEH LOR", complete, dict.fromkeys(every, (end, 2.0)), state=Keadaan.SELESAI, due=due)
        if waited:
            w.desk.register.write(lambda tx: (tx._connection.execute(
                "INSERT INTO pause (permohonan_id, idx, nomor, stage, reason, began_at, ended_at)"
                " VALUES (?, 5, 4, 'menunggu_prr', 'jaringan', ?, ?)",
                (p.id, *(round(x.timestamp() * 1_000_000) for x in waited))), tx.log("DraftSaved", p.id, "-")))

    # office hours 08.00-15.00; Mon 2 Nov 10.00 -> same day 14.00: 4 hours, in time
    one(1, wib(11, 2, 10), wib(11, 2, 14), wib(11, 3, 15))
    # Mon 2 Nov 10.00 -> Thu 5 Nov 10.00: 5 + 7 + 7 + 2 = 21 hours, late by 9 working hours;
    # the line was down Tue 08.00 - Thu 09.00 = 15 working hours
    one(2, wib(11, 2, 10), wib(11, 5, 10), wib(11, 3, 15), (wib(11, 3, 8), wib(11, 5, 9)))
    # Fri 6 Nov 14.00 -> Tue 10 Nov 09.00: 1 + 7 + 1 = 9 hours, late by one hour, nothing waited
    one(3, wib(11, 6, 14), wib(11, 10, 9), wib(11, 9, 15))
    w.at(wib(12, 1))
    times = waktu(w.desk, w.kasi, NOV)
    whole, service = times.hari
    assert (whole.layanan, service.layanan) == ("", "baru_wni")
    assert [s / 3600 for s in whole.kotor_s] == [4, 9, 21]
    assert [s / 3600 for s in whole.bersih_s] == [4, 6, 9]
    assert (whole.count, whole.tepat, whole.tepat_bersih) == (3, 1, 2)
    assert times.tepat == (1, 3)
    assert [(z.reason, z.count, z.total_s) for z in times.jeda] == [("jaringan", 1, 49 * 3600)]
    w.desk.register.close()


def test_letters_of_an_office_without_cards(tmp_path):
    w = Written(tmp_path, "kebakkramat")
    w.at(wib(11, 3))
    p = w.put(1, P, "KEBAK", wib(11, 2), {n: (wib(11, 2, 10), 1) for n in range(1, 7)}, state=Keadaan.SELESAI)

    def letter(n: int, kind: str, at: datetime, of: Permohonan | None = p, void: str = ""):
        made = Letter(f"400/{n}", kind, at, "Dinas", "KTP-el", "Camat", "loket", permohonan_id=of.id if of else "", void_reason=void)
        return lambda tx: tx.add_letter(made)

    w.add(letter(1, "surat_pengantar", wib(11, 2)), letter(2, "surat_keterangan_perekaman", wib(11, 2)),
          letter(3, "surat_pengantar", wib(11, 2), void="salah"), letter(4, "surat_pengantar", wib(12, 1)),
          handed(p, wib(11, 2, 11), "surat"))
    w.at(wib(12, 2))
    report = laporan(w.desk, w.kasi, NOV)
    found = lines(report)
    assert found["surat_terbit"] == (0, 2, 2, 0)
    assert found["surat_diserahkan"] == (0, 1, 1, 0)
    assert dict(report.surat) == {"surat_pengantar": 1, "surat_keterangan_perekaman": 1}
    assert not {"cetak_baik", "pengambilan", "sisa_prr", "sisa_blangko"} & set(found)
    w.desk.register.close()


def test_an_empty_office_reports_zeros(tmp_path):
    w = Written(tmp_path, "palaran")
    report, times = laporan(w.desk, w.kasi, NOV.sebelum()), waktu(w.desk, w.kasi, NOV.sebelum())
    assert all(x.kini.total == 0 for x in report.angka)
    assert report.bagian_kembali is None
    assert all(x.times is None for x in times.langkah)
    paper = laporan_paper.report_paper(w.desk, w.kasi, "bulanan", laporan_paper.gather(w.desk, w.kasi, NOV.sebelum()))
    assert paper.title == "Laporan Bulanan Pelayanan KTP-el"
    assert "Tidak ada berkas yang dikembalikan dalam masa ini." in [t for s in paper.sections for t in s.text]
    w.desk.register.close()


# -- files ------------------------------------------------------------------------------------------------------------------

def test_the_paper_says_what_the_figures_say(pronojiwo):
    found = laporan_paper.gather(pronojiwo.desk, pronojiwo.kasi, NOV)
    paper = laporan_paper.report_paper(pronojiwo.desk, pronojiwo.kasi, "bulanan", found)
    sections = {s.heading: s for s in paper.sections}
    assert {f.label: f.value for f in sections["Ringkasan"].facts}["Dikembalikan"] == "20 %"
    figures = {row[0]: row[1:] for row in sections["Angka pelayanan"].table.rows}
    assert figures["Permohonan masuk"] == (3, 2, 5, 1, "+4")
    assert "Keadaan pada 30 November 2026" in sections
    assert sections["Waktu per langkah"].table.rows[0] == ("1. Berkas", 5, 4.0, 6.0, 5.0, 80.0, 0.0)
    assert any(n.startswith("Sisa PRR: ") for n in paper.notes)
    values = laporan_paper.report_values(paper)
    assert json.loads(json.dumps(values))["masa"] == "November 2026"
    short = laporan_paper.report_paper(pronojiwo.desk, pronojiwo.kasi, "waktu", found)
    assert short.title == "Laporan Bulanan Waktu Pelayanan KTP-el"
    assert "Ringkasan" not in {s.heading for s in short.sections}


def test_the_table_for_spreadsheets_holds_every_number_once(pronojiwo):
    found = laporan_paper.gather(pronojiwo.desk, pronojiwo.kasi, NOV)
    paper = laporan_paper.report_paper(pronojiwo.desk, pronojiwo.kasi, "bulanan", found)
    book = laporan_paper.report_book(pronojiwo.desk, paper)
    rows = {row.cells[1:4]: row.cells[4] for row in book.rows}
    assert len(rows) == len(book.rows)
    assert rows["Angka pelayanan", "Permohonan masuk", "P"] == 2
    assert rows["Per desa/kelurahan", "Sidomulyo", "Masuk L"] == 1
    assert [row.cells[0] for row in book.rows] == list(range(1, len(book.rows) + 1))


def test_export_asks_for_the_role_and_is_audited(pronojiwo, tmp_path):
    path = tmp_path / "laporan.pdf"
    digest = laporan_paper.export(pronojiwo.desk, pronojiwo.kasi, NOV, "pdf", path)
    link = pronojiwo.desk.register.read(lambda v: v.audit(subject="bulanan"))[-1]
    assert (link.event, link.facts["digest"], link.facts["at"]) == ("ReportExported", digest, "2026-11-01")
    assert path.exists()
    with pytest.raises(NotAllowed):
        laporan_paper.export(pronojiwo.desk, Actor("x", "X", frozenset({Peran.PENYERAH})), NOV, "pdf", path)
    with pytest.raises(NotAllowed):
        laporan(pronojiwo.desk, Actor("x", "X", frozenset({Peran.ADMIN})), NOV)
    with pytest.raises(BadInput) as wrong:
        laporan_paper.export(pronojiwo.desk, pronojiwo.kasi, NOV, "docx", path)
    assert wrong.value.message_key == "report.format"
