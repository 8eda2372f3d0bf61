"""An office prepared so that every use case of the desk has something to act on, and how each is called.

``CALLS`` holds no expectation; who may do what stands by hand in ``test_access_matrix.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from desk_office import PASSWORD, Office, build
from doubles import FOUND, Back, Care, NewVersions

from ktpel_kiosk.desk import (
    agenda,
    approvals,
    audit_code,
    away,
    blangko,
    books,
    breach,
    capture_rules,
    closing,
    complaints,
    correction,
    courier,
    damage,
    device_tests,
    drafts,
    duplicates,
    encoding,
    followups,
    forms,
    handover,
    ikm,
    intake,
    kalender_kantor,
    keeping,
    laporan,
    laporan_paper,
    leaving,
    letters,
    line_check,
    line_rules,
    material,
    night_check,
    notices,
    official_card,
    packet_files,
    paper_look,
    paper_scans,
    places,
    population,
    printing,
    progress,
    provision,
    purge_paper,
    queue,
    reconcile,
    recording,
    reports,
    resend,
    restore,
    retention,
    returns,
    room,
    sealing,
    sign_in,
    sign_in_bound,
    slips,
    sop_versions,
    spoiled,
    station_care,
    status_acts,
    status_list,
    statuses,
    subject_requests,
    transaction,
    typed,
    updates,
    users,
    verification,
    viewing,
    withdrawn,
)
from ktpel_kiosk.desk.books import Want
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.seats import Seats
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import FINGERS, ExceptionKind, Position
from ktpel_kiosk.domain.capture_rules import BestOf, CaptureRules
from ktpel_kiosk.domain.cards import Blangko, BlangkoState, CardJob, JobState
from ktpel_kiosk.domain.ganda import DuplicateCheck, DuplicateHit, FingerLikeness, Putusan
from ktpel_kiosk.domain.laporan import Masa
from ktpel_kiosk.domain.ledgers import AlasanTarik, Pejabat
from ktpel_kiosk.domain.line import LineRules
from ktpel_kiosk.domain.provision import BundleHead, Holds, Provision
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.domain.viewing import Lihat
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.queue import QueueQuery
from ktpel_kiosk.ports.restore import Opening
from ktpel_kiosk.ports.station_care import Copies
from ktpel_kiosk.ports.updates import When

DAMAGE = damage.Damage(DeviceKind.CAMERA, "Uji", "camera", "1", date(2026, 11, 19), "gambar hitam", "foto tidak dapat diambil")
_CONCERN = breach.Concern(datetime(2026, 11, 20, 0, 0, tzinfo=UTC), datetime(2026, 11, 20, 1, 0, tzinfo=UTC), by_time=False)
NOBODY = Actor("", "", frozenset())
SECOND = {"second_username": "dua", "second_password": PASSWORD}
PARTY = (Pejabat("Rina"),), (Pejabat("Anton"), Pejabat("Sri"))


class _Undo(Exception):
    """Carries nothing; rolls the transaction back."""


class Dry:
    """The real register whose writes run to their end and are then rolled back."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def write(self, work: Callable[[Any], Any]) -> Any:
        result: list[Any] = []

        def run(tx: Any) -> None:
            result.append(work(tx))
            raise _Undo

        try:
            self._real.write(run)
        except _Undo:
            return result[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@dataclass
class Prepared:
    """``p``: application id by what it is for; ``jobs``, ``ids``: cards, complaints, letters and the like."""

    office: Office
    folder: Path
    actors: dict[str, Actor]
    p: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    person: Any = None

    def dry(self) -> Desk:
        """A desk on which nothing lasts; the same officers are seated."""
        seats = Seats()
        for actor in (*self.actors.values(), *self.office.officers.actors.values()):
            signer = self.office.desk.seats.signer(actor.username)
            if signer is not None:
                seats.take(actor.username, signer)
        return replace(self.office.desk, register=Dry(self.office.desk.register), seats=seats)


class Lines:
    """A table file in memory, as ``Desk.read_table`` gives one."""

    def __init__(self, rows: list[tuple[str, ...]]) -> None:
        self._rows, self.name, self.sha256 = rows, "daftar.csv", "0" * 64

    def lines(self) -> Any:
        from ktpel_kiosk.ports.tables import TableLine
        return iter([TableLine(i, row) for i, row in enumerate(self._rows, start=1)])


def add_officers(office: Office) -> dict[str, Actor]:
    """One signed-in officer per role with that role only, and a second person who may approve everything."""
    actors = {"": NOBODY}
    for role in Peran:
        users.save_user(office.desk, None, f"hanya_{role}", role.title(), (role,), PASSWORD)
        actors[role] = sign_in.sign_in(office.desk, f"hanya_{role}", PASSWORD)
    users.save_user(office.desk, None, "dua", "Petugas Kedua", (Peran.KASI, Peran.SUPERVISOR, Peran.VERIFIKATOR), PASSWORD)
    users.save_user(office.desk, None, "sasaran", "Akun Sasaran", (Peran.LOKET,), PASSWORD)
    return actors


def _alike(office: Office, permohonan_id: str) -> str:
    """A search that found somebody; its id."""
    hit = DuplicateHit(permohonan_id, 1.5, (FingerLikeness(Position.LEFT_INDEX, Position.LEFT_INDEX, 0.7),))
    check = DuplicateCheck(office.desk.ids.new(), permohonan_id, office.desk.clock.now(), 1, (hit,))
    office.desk.register.write(lambda tx: (tx.add_duplicate_check(check), tx.log("DuplicateSearched", permohonan_id, "-")))
    return check.id


def prepare(folder: Path, name: str = "tempeh") -> Prepared:
    office = build(folder / name, name)
    made = Prepared(office, folder, add_officers(office))
    made.person = office.person(40)
    if name == "tempeh":
        _stages(made)
        _recordings(made)
        _cards(made)
        _ledgers(made)
    else:
        made.p["surat"] = office.at(Stage.TERBIT_SURAT).id
        made.p["diambil"] = office.at(Stage.SERAH_SURAT, 1).id
    return made


def _stages(made: Prepared) -> None:
    office, desk = made.office, made.office.desk
    for index, stage in enumerate((Stage.AGENDA_REGISTER, Stage.VERIFIKASI, Stage.VALIDASI, Stage.AKTIVASI, Stage.SERAH_LOKET,
                                   Stage.SERAH_PEMOHON)):
        made.p[stage] = office.at(stage, index).id
    checker = office.actor(Peran.VERIFIKATOR)
    made.p["kembali"] = returns.return_application(desk, checker, office.at(Stage.VERIFIKASI, 6).id, ("lain",)).id
    made.ids["mirip"] = _alike(office, made.p["kembali"])
    made.p["ganda"] = returns.reject(desk, checker, office.at(Stage.VERIFIKASI, 7).id, "dua data", duplicate=True).id


def _recordings(made: Prepared) -> None:
    office, desk, operator = made.office, made.office.desk, made.office.actor(Peran.OPERATOR)
    p = office.at(Stage.REKAM, 8)
    office.judge.scores[Position.RIGHT_THUMB] = [5]
    recording.confirm_data(desk, operator, p.id)
    for _ in range(desk.capture_rules.tries(Position.RIGHT_THUMB)):
        recording.capture_fingers(desk, operator, p.id, (Position.RIGHT_THUMB,))
    del office.judge.scores[Position.RIGHT_THUMB]
    recording.record_exception(desk, operator, p.id, Position.LEFT_THUMB, ExceptionKind.BANDAGED, "dibalut", "dua", PASSWORD)
    office.judge.same.add(frozenset((Position.LEFT_MIDDLE, Position.LEFT_RING)))
    for _ in range(desk.capture_rules.tries(Position.LEFT_RING)):
        recording.capture_fingers(desk, operator, p.id, (Position.LEFT_MIDDLE, Position.LEFT_RING))
    office.judge.same.clear()
    made.p["rekam"], made.ids["ditolak"] = p.id, desk.held.of(p.id)
    full = office.at(Stage.REKAM, 9)
    recording.confirm_data(desk, operator, full.id)
    recording.capture_face(desk, operator, full.id)
    recording.capture_fingers(desk, operator, full.id, FINGERS)
    recording.capture_irises(desk, operator, full.id)
    recording.capture_signature(desk, operator, full.id)
    made.p["lengkap"] = full.id
    stale = office.at(Stage.REKAM, 10)
    correction.correct_biodata(desk, operator, stale.id, alamat="JALAN BARU 1")
    made.p["basi"] = stale.id
    for index, key in ((11, "kirim"), (12, "segel")):
        made.p[key] = office.at(Stage.KIRIM, index).id
        sealing.applicant_confirms(desk, operator, made.p[key])
    sealing.sign_off(desk, made.actors[Peran.OPERATOR], made.p["segel"], PASSWORD)


def _cards(made: Prepared) -> None:
    office, desk, operator = made.office, made.office.desk, made.office.actor(Peran.OPERATOR)
    made.p["tunggu"] = office.sealed(16).id
    made.p["cetak"] = office.at(Stage.CETAK_ENCODE, 13).id
    for index, key in ((14, "terkirim"), (15, "tercetak")):
        made.p[key] = office.at(Stage.CETAK_ENCODE, index).id
    waste = printing.start_card(desk, operator, made.p["tercetak"])
    made.jobs["rusak"] = printing.spoil_card(desk, operator, waste.id, "macet", second_username="dua", second_password=PASSWORD).id
    job = printing.start_card(desk, operator, made.p["tercetak"])
    made.jobs["tercetak"] = printing.confirm_print(desk, operator, job.id).id
    made.jobs["terkirim"] = _sent_beside(office, made.p["terkirim"])


def _sent_beside(office: Office, permohonan_id: str) -> str:
    """A second card under way, which the desk itself would not allow while the first has no chip record."""
    desk, now = office.desk, office.desk.clock.now()
    p = desk.register.read(lambda v: v.permohonan(permohonan_id))

    def work(tx: Any) -> str:
        blank = tx.next_blangko()
        job = CardJob(desk.ids.new(), p.id, p.id, p.penduduk.nik, blank.serial, JobState.SENT, now, now, printer_job="p-99")
        tx.add_card_job(job)
        tx.save_blangko(Blangko(blank.serial, BlangkoState.DIPAKAI, blank.batch, job.id))
        tx.log("CardIntent", p.id, "operator", job=job.id)
        return job.id

    return str(desk.register.write(work))


def _rights(made: Prepared, boss: Actor) -> None:
    """A request whose asker is known, a notice, and a removal of the nightly job."""
    desk = made.office.desk
    nik = desk.register.read(lambda v: v.permohonan(made.p["tunggu"])).penduduk.nik
    made.ids["minta"] = subject_requests.receive(desk, boss, "akses", nik, "SITI", "", "minta salinan").id
    subject_requests.prove_identity(desk, boss, made.ids["minta"], "ktp")
    old = intake.begin_intake(desk, made.office.actor(Peran.LOKET))
    intake.save_draft(desk, made.office.actor(Peran.LOKET), old, {"started_at": "2026-01-05T01:00:00+00:00"})
    made.ids["hapus"] = keeping.tidy(desk)[0].id
    made.ids["insiden"] = breach.notice(desk, boss, _CONCERN, _CONCERN.ended_at, ["nik"], "disk hilang", "kunci dicabut", **SECOND).id


def _ledgers(made: Prepared) -> None:
    office, desk = made.office, made.office.desk
    boss = office.actor(Peran.SUPERVISOR)
    cards = [withdrawn.surrender(desk, boss, office.person(50 + i).nik, "SITI", AlasanTarik.DITEMUKAN, "utuh") for i in range(2)]
    burned = withdrawn.destroy(desk, boss, [cards[0].id], withdrawn.Burning(*PARTY, place="halaman kantor"))
    made.ids |= {"kartu": cards[1].id, "musnah": burned.id, "surat": burned.nomor}
    made.ids["rusak"] = damage.report(desk, boss, DAMAGE).nomor
    made.ids["aduan"] = complaints.receive(desk, boss, "langsung", "ringan", "Antrean panjang", nama="Budi").id
    closing.close_month(desk, boss, 2026, 9)
    kalender_kantor.set_days(desk, boss, [kalender_kantor.OfficeDay(date(2026, 12, 1), kalender_kantor.Jenis.LIBUR, "HUT kecamatan")])
    _rights(made, boss)
    key = intake.begin_intake(desk, office.actor(Peran.LOKET))
    made.ids["draf"] = key
    handover_receipt = followups.log_contact(desk, boss, made.p["tunggu"], "lain", "pesan")
    assert handover_receipt.officer == boss.username


# -- how each use case is called --------------------------------------------------------------------------------------

Call = Callable[[Prepared, Desk, Actor], Any]
MONTH = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
NOVEMBER = Masa.of("bulan", date(2026, 11, 20))


def _all_papers(o: Prepared, desk: Desk) -> frozenset[str]:
    return frozenset(i.kode for i in intake.checklist(desk, Layanan.BARU_WNI, o.person))


def _own_draft(o: Prepared, desk: Desk, actor: Actor) -> str:
    return f"{drafts.DRAFT_PREFIX}{actor.username}:1"


def _with_table(desk: Desk, rows: list[tuple[str, ...]]) -> Desk:
    return replace(desk, read_table=lambda _path: Lines(rows))  # type: ignore[arg-type]


def _no_cards(desk: Desk) -> Desk:
    return replace(desk, no_cards="card.no_sam")


def _cared(desk: Desk) -> Desk:
    care = Care()
    care.kept, care.code = Copies("/media/cadangan", True, code="unproved"), "ABC"
    return replace(desk, station_care=care)


def _updated(desk: Desk) -> Desk:
    return replace(desk, updates=NewVersions())


def _serial(desk: Desk) -> str:
    blank = desk.register.read(lambda v: v.next_blangko())
    assert blank is not None
    return str(blank.serial)


def _new_sop(desk: Desk) -> str:
    return desk.sop.source_text + "\n# versi uji\n"


def _bundle(d: Any) -> Provision:
    """A later bundle for this very desk that only says who sent it."""
    at = datetime(2026, 11, 26, tzinfo=UTC)
    return Provision(BundleHead("0" * 32, 1, at, d.sop.id, "Kantor", d.station, "Meja 1", Holds(), ("ab",), "cd"))


def _adopt_plan() -> population.ImportPlan:
    return population.ImportPlan("daftar.csv", "0" * 64, 0, (), (), (), ())


def _keep(o: Prepared, d: Desk, a: Actor) -> Any:
    d.held.keep(o.p["rekam"], o.ids["ditolak"])
    return recording.keep_refused(d, a, o.p["rekam"], "bekas luka", "dua", PASSWORD)


CALLS: dict[str, Call] = {
    "agenda.set_setting": lambda o, d, a: agenda.set_setting(d, a, "surat.kode", "471.13"),
    "agenda.void_letter": lambda o, d, a: agenda.void_letter(d, a, o.ids["surat"], "salah ketik"),
    "approvals.check_all": lambda o, d, a: approvals.check_all(d, a),
    "audit_code.holds": lambda o, d, a: audit_code.holds(d, a, "1-0000-0000-0000-0000"),
    "blangko.close_day": lambda o, d, a: blangko.close_day(d, a, 7, "dihitung"),
    "blangko.receive_blangko": lambda o, d, a: blangko.receive_blangko(d, a, ["90001"], "BAST-9"),
    "blangko.return_blangko": lambda o, d, a: blangko.return_blangko(d, a, 1, "KB-1", "kelebihan"),
    "blangko.set_threshold": lambda o, d, a: blangko.set_threshold(d, a, 30),
    "books.export_register": lambda o, d, a: books.export_register(d, a, "permohonan", "csv", o.folder / "buku.csv"),
    "books.export_register full_nik": lambda o, d, a: books.export_register(
        d, a, "permohonan", "csv", o.folder / "penuh.csv", full_nik=True, reason="permintaan inspektorat", **SECOND),
    "books.preview": lambda o, d, a: books.preview(d, a, Want("permohonan", 2026)),
    "books.verify_register": lambda o, d, a: books.verify_register(d, a),
    "capture_rules.change": lambda o, d, a: capture_rules.change(d, a, CaptureRules(best_of=BestOf.TERTINGGI)),
    "closing.check": lambda o, d, a: closing.check(d, a, 2026, 9),
    "closing.close_month": lambda o, d, a: closing.close_month(d, a, 2026, 10),
    "closing.reopen_month": lambda o, d, a: closing.reopen_month(d, a, 2026, 9, "salah hitung", "dua", PASSWORD),
    "complaints.add_note": lambda o, d, a: complaints.add_note(d, a, o.ids["aduan"], "sudah ditelepon"),
    "complaints.figures": lambda o, d, a: complaints.figures(d, a, *MONTH),
    "complaints.in_period": lambda o, d, a: complaints.in_period(d, a, *MONTH),
    "complaints.move": lambda o, d, a: complaints.move(d, a, o.ids["aduan"], "diverifikasi"),
    "complaints.open_complaint": lambda o, d, a: complaints.open_complaint(d, a, o.ids["aduan"]),
    "complaints.open_ones": lambda o, d, a: complaints.open_ones(d, a),
    "complaints.recategorise": lambda o, d, a: complaints.recategorise(d, a, o.ids["aduan"], "normatif", "bukan ringan"),
    "complaints.receipt": lambda o, d, a: complaints.receipt(d, a, o.ids["aduan"]),
    "complaints.receive": lambda o, d, a: complaints.receive(d, a, "langsung", "ringan", "Kursi kurang", nama="Budi"),
    "complaints.set_number_template": lambda o, d, a: complaints.set_number_template(d, a, "{urut:04d}/P/{tahun}"),
    "courier.bundles": lambda o, d, a: courier.bundles(d, a),
    "courier.disks": lambda o, d, a: courier.disks(d, a),
    "courier.export_bundle": lambda o, d, a: courier.export_bundle(d, a, o.folder),
    "courier.import_bundles": lambda o, d, a: courier.import_bundles(d, a, o.folder),
    "courier.waiting": lambda o, d, a: courier.waiting(d, a),
    "correction.correct_biodata": lambda o, d, a: correction.correct_biodata(d, a, o.p["rekam"], kode_pos="67371"),
    "followups.log_contact": lambda o, d, a: followups.log_contact(d, a, o.p["tunggu"], "lain", "pesan"),
    "forms.f102": lambda o, d, a: forms.f102(d, a, o.p["rekam"]),
    "forms.quick_card": lambda o, d, a: forms.quick_card(d, a),
    "slips.print_quick_card": lambda o, d, a: slips.print_quick_card(d, a),
    "paper_look.page": lambda o, d, a: paper_look.page(d, a, b"%PDF", 0),
    "paper_look.print_again": lambda o, d, a: paper_look.print_again(d, a, b"%PDF", "surat"),
    "forms.roll_slip": lambda o, d, a: forms.roll_slip(d, a, o.p["rekam"], "tanda_terima"),
    "forms.standard_poster": lambda o, d, a: forms.standard_poster(d, a),
    "handover.activate_by_sight": lambda o, d, a: handover.activate_by_sight(d, a, o.p["aktivasi"], "aus", "dua", PASSWORD),
    "handover.activate_by_iris": lambda o, d, a: handover.activate_by_iris(d, a, o.p["aktivasi"]),
    "handover.activate": lambda o, d, a: handover.activate(d, a, o.p["aktivasi"]),
    "handover.hand_over": lambda o, d, a: handover.hand_over(d, a, o.p["serah_pemohon"], b"\x89PNG"),
    "handover.move_to_counter": lambda o, d, a: handover.move_to_counter(d, a, o.p["serah_loket"]),
    "ikm.export_rows": lambda o, d, a: ikm.export_rows(d, a, "2026-11"),
    "ikm.set_weight": lambda o, d, a: ikm.set_weight(d, a, "0,11"),
    "ikm.summary": lambda o, d, a: ikm.summary(d, a, "2026-11"),
    "intake.assign_number": lambda o, d, a: intake.assign_number(d, a, o.p["agenda_register"]),
    "intake.begin_intake": lambda o, d, a: intake.begin_intake(d, a),
    "intake.drafts": lambda o, d, a: intake.drafts(d, a),
    "intake.drop_draft": lambda o, d, a: intake.drop_draft(d, a, _own_draft(o, d, a)),
    "intake.receive_papers": lambda o, d, a: intake.receive_papers(d, a, Layanan.BARU_WNI, o.person, _all_papers(o, d)),
    "intake.register_intake": lambda o, d, a: intake.register_intake(d, a, Layanan.BARU_WNI, o.person, _all_papers(o, d)),
    "intake.return_at_counter": lambda o, d, a: intake.return_at_counter(d, a, Layanan.BARU_WNI, o.person, frozenset()),
    "intake.save_draft": lambda o, d, a: intake.save_draft(d, a, _own_draft(o, d, a), {"nama": "SITI"}),
    "paper_scans.counts": lambda o, d, a: paper_scans.counts(d, a, _own_draft(o, d, a)),
    "paper_scans.drop_pages": lambda o, d, a: paper_scans.drop_pages(d, a, _own_draft(o, d, a), "kk"),
    "paper_scans.keep_pages": lambda o, d, a: paper_scans.keep_pages(d, a, _own_draft(o, d, a), "kk", [b"jpeg"]),
    "paper_scans.pages_of_draft": lambda o, d, a: paper_scans.pages_of_draft(d, a, _own_draft(o, d, a), "kk"),
    "paper_scans.pictures": lambda o, d, a: paper_scans.pictures(d, a, o.p["agenda_register"]),
    "paper_scans.scan_paper": lambda o, d, a: paper_scans.scan_paper(d, a, _own_draft(o, d, a), "kk", lambda _raw: b"jpeg"),
    "kalender_kantor.drop_day": lambda o, d, a: kalender_kantor.drop_day(d, a, date(2026, 12, 1)),
    "kalender_kantor.import_file": lambda o, d, a: kalender_kantor.import_file(
        _with_table(d, [("tanggal", "jenis", "nama"), ("2026-12-02", "libur", "Hari jadi")]), a, Path("libur.csv")),
    "kalender_kantor.set_days": lambda o, d, a: kalender_kantor.set_days(
        d, a, [kalender_kantor.OfficeDay(date(2026, 12, 3), kalender_kantor.Jenis.LIBUR, "Hari jadi")]),
    "laporan.laporan": lambda o, d, a: laporan.laporan(d, a, NOVEMBER),
    "laporan.tertunda": lambda o, d, a: laporan.tertunda(d, a),
    "laporan.waktu": lambda o, d, a: laporan.waktu(d, a, NOVEMBER),
    "laporan_paper.export": lambda o, d, a: laporan_paper.export(d, a, NOVEMBER, "csv", o.folder / "laporan.csv"),
    "laporan_paper.gather": lambda o, d, a: laporan_paper.gather(d, a, NOVEMBER),
    "laporan_paper.survey": lambda o, d, a: laporan_paper.survey(d, a, NOVEMBER),
    "letters.issue_letter": lambda o, d, a: letters.issue_letter(d, a, o.p["tunggu"], "surat_keterangan_perekaman"),
    "letters.reprint": lambda o, d, a: letters.reprint(d, a, o.ids["surat"]),
    "material.take_centre_biodata": lambda o, d, a: material.take_centre_biodata(d, a, o.p["cetak"]),
    "notices.set_maklumat": lambda o, d, a: notices.set_maklumat(d, a, "Kami melayani dengan cepat."),
    "population.adopt": lambda o, d, a: population.adopt(d, a, _adopt_plan()),
    "provision.check_trust": lambda o, d, a: provision.check_trust(d, a, _bundle(d).head),
    "provision.take": lambda o, d, a: provision.take(d, a, _bundle(d)),
    "provision.bundles": lambda o, d, a: provision.bundles(_cared(d), a),
    "provision.look": lambda o, d, a: provision.look(_cared(d), a, Path("x.ktpelsedia")),
    "provision.take_from": lambda o, d, a: provision.take_from(_cared(d), a, Path("x.ktpelsedia"), "gitar bubur kapal", compared=True),
    "population.examine": lambda o, d, a: population.examine(_with_table(d, [("bukan", "kolom")]), a, Path("daftar.csv")),
    "population.save_problems": lambda o, d, a: population.save_problems(d, a, _adopt_plan(), o.folder / "tolak.csv"),
    "official_card.blank_in_stock": lambda o, d, a: official_card.blank_in_stock(_no_cards(d), a, o.p["cetak"], _serial(d)),
    "official_card.read_card": lambda o, d, a: official_card.read_card(_no_cards(d), a, o.p["cetak"]),
    "official_card.record_made": lambda o, d, a: official_card.record_made(_no_cards(d), a, o.p["cetak"], _serial(d), looked_at=True),
    "official_card.record_spoiled": lambda o, d, a: official_card.record_spoiled(
        _no_cards(d), a, o.p["cetak"], _serial(d), "macet", **SECOND),
    "printing.check_before_print": lambda o, d, a: printing.check_before_print(d, a, o.p["cetak"]),
    "printing.confirm_print": lambda o, d, a: printing.confirm_print(d, a, o.jobs["terkirim"]),
    "encoding.encode_card": lambda o, d, a: encoding.encode_card(d, a, o.jobs["tercetak"]),
    "encoding.reread_chip": lambda o, d, a: encoding.reread_chip(d, a, o.jobs["tercetak"]),
    "encoding.set_chip_place": lambda o, d, a: encoding.set_chip_place(d, a, "printer"),
    "printing.pause_for_blangko": lambda o, d, a: printing.pause_for_blangko(d, a, o.p["cetak"]),
    "printing.spoil_card": lambda o, d, a: printing.spoil_card(d, a, o.jobs["terkirim"], "macet", **SECOND),
    "printing.start_card": lambda o, d, a: printing.start_card(d, a, o.p["cetak"]),
    "restore.copies": lambda o, d, a: restore.copies(_cared(d), a),
    "restore.examine": lambda o, d, a: restore.examine(_cared(d), a, Back().found[0].path, Opening()),
    "restore.restore": lambda o, d, a: restore.restore(_cared(d), a, Back().found[0].path, Opening(), "diska rusak", **SECOND),
    "restore.drill": lambda o, d, a: restore.drill(_cared(d), a, Back().found[0].path, Opening()),
    "restore.read_sheet": lambda o, d, a: restore.read_sheet(_cared(d), a, "KTPEL-KUNCI:1"),
    "restore.sheets": lambda o, d, a: restore.sheets(_cared(d), a),
    "restore.make_sheets": lambda o, d, a: restore.make_sheets(_cared(d), a, "lembar hilang", **SECOND),
    "night_check.standing": lambda o, d, a: night_check.standing(d, a),
    "station_care.standing": lambda o, d, a: station_care.standing(_cared(d), a),
    "station_care.write_request": lambda o, d, a: station_care.write_request(_cared(d), a, o.folder),
    "station_care.take_certificates": lambda o, d, a: station_care.take_certificates(_cared(d), a, o.folder),
    "station_care.set_gateway_address": lambda o, d, a: station_care.set_gateway_address(_cared(d), a, "https://pusat.example"),
    "station_care.backup_places": lambda o, d, a: station_care.backup_places(_cared(d), a),
    "station_care.choose_place": lambda o, d, a: station_care.choose_place(_cared(d), a, Path("/media/cadangan")),
    "station_care.copy_now": lambda o, d, a: station_care.copy_now(_cared(d), a),
    "station_care.new_code": lambda o, d, a: station_care.new_code(_cared(d), a),
    "station_care.adopt_code": lambda o, d, a: station_care.adopt_code(_cared(d), a, "AB-C", "abc"),
    "station_care.prove_code": lambda o, d, a: station_care.prove_code(_cared(d), a, "abc"),
    "away.returns": lambda o, d, a: away.returns(d, a),
    "away.settle_returns": lambda o, d, a: away.settle_returns(d, a, ("a" * 32,)),
    "updates.standing": lambda o, d, a: updates.standing(_updated(d), a),
    "updates.look": lambda o, d, a: updates.look(_updated(d), a),
    "updates.agree": lambda o, d, a: updates.agree(_updated(d), a, FOUND, When.NIGHT),
    "updates.begin": lambda o, d, a: updates.begin(_updated(d), a),
    "updates.call_off": lambda o, d, a: updates.call_off(_updated(d), a),
    "progress.open_work": lambda o, d, a: progress.open_work(d, a, o.p["verifikasi"]),
    "progress.pause_work": lambda o, d, a: progress.pause_work(d, a, o.p["rekam"], "ditunda"),
    "packet_files.check_all": lambda o, d, a: list(packet_files.check_all(d, a)),
    "purge_paper.place_again": lambda o, d, a: purge_paper.place_again(d, a, "tidak-ada"),
    "resend.record_again": lambda o, d, a: resend.record_again(d, a, o.p["tunggu"], "rusak"),
    "resend.repair": lambda o, d, a: resend.repair(d, a, d.register.read(lambda v: v.packet_of(o.p["tunggu"])).packet_id),
    "resend.resend": lambda o, d, a: resend.resend(d, a, o.p["tunggu"], "gagal enrol"),
    "retention.overview": lambda o, d, a: retention.overview(d, a),
    "retention.purge": lambda o, d, a: retention.purge(d, a),
    "retention.set_days": lambda o, d, a: retention.set_days(d, a, 60),
    "reconcile.answer": lambda o, d, a: reconcile.answer(d, a, o.jobs["terkirim"], "printed"),
    "recording.capture_face": lambda o, d, a: recording.capture_face(d, a, o.p["rekam"]),
    "recording.capture_fingers": lambda o, d, a: recording.capture_fingers(d, a, o.p["rekam"], (Position.LEFT_INDEX,)),
    "recording.capture_irises": lambda o, d, a: recording.capture_irises(d, a, o.p["rekam"]),
    "recording.capture_signature": lambda o, d, a: recording.capture_signature(d, a, o.p["rekam"]),
    "recording.confirm_data": lambda o, d, a: recording.confirm_data(d, a, o.p["rekam"]),
    "recording.finish_recording": lambda o, d, a: recording.finish_recording(d, a, o.p["lengkap"]),
    "recording.force_position": lambda o, d, a: recording.force_position(d, a, o.p["rekam"], Position.RIGHT_THUMB, "jari kasar"),
    "recording.keep_refused": lambda o, d, a: _keep(o, d, a),
    "recording.record_exception": lambda o, d, a: recording.record_exception(
        d, a, o.p["rekam"], Position.LEFT_LITTLE, ExceptionKind.MISSING, "sejak lahir", "dua", PASSWORD),
    "recording.withdraw_exception": lambda o, d, a: recording.withdraw_exception(d, a, o.p["rekam"], Position.LEFT_THUMB),
    "returns.reject": lambda o, d, a: returns.reject(d, a, o.p["validasi"], "data tidak cocok"),
    "returns.resolve_duplicate": lambda o, d, a: returns.resolve_duplicate(d, a, o.p["ganda"], "lanjut", "NIK benar"),
    "returns.resubmit": lambda o, d, a: returns.resubmit(d, a, o.p["kembali"]),
    "returns.return_application": lambda o, d, a: returns.return_application(d, a, o.p["verifikasi"], ("lain",)),
    "damage.paper_again": lambda o, d, a: damage.paper_again(d, a, o.ids["rusak"]),
    "damage.place_again": lambda o, d, a: damage.place_again(d, a, o.ids["rusak"]),
    "damage.report": lambda o, d, a: damage.report(d, a, DAMAGE),
    "damage.reports": lambda o, d, a: damage.reports(d, a),
    "device_tests.camera_still": lambda o, d, a: device_tests.camera_still(d, a),
    "device_tests.card_apdu": lambda o, d, a: device_tests.card_apdu(d, a),
    "device_tests.card_printer_look": lambda o, d, a: device_tests.card_printer_look(d, a),
    "device_tests.finger_touch": lambda o, d, a: device_tests.finger_touch(d, a),
    "device_tests.history": lambda o, d, a: device_tests.history(d, a, DeviceKind.CAMERA),
    "device_tests.iris_look": lambda o, d, a: device_tests.iris_look(d, a),
    "device_tests.pad_ink": lambda o, d, a: device_tests.pad_ink(d, a),
    "device_tests.prefer_device": lambda o, d, a: device_tests.prefer_device(d, a, DeviceKind.CAMERA, ""),
    "device_tests.print_page": lambda o, d, a: device_tests.print_page(d, a),
    "device_tests.print_test_card": lambda o, d, a: device_tests.print_test_card(d, a, "pita baru", **SECOND),
    "device_tests.read_code": lambda o, d, a: device_tests.read_code(d, a),
    "device_tests.read_public": lambda o, d, a: device_tests.read_public(d, a, "kartu temuan"),
    "device_tests.scan_page": lambda o, d, a: device_tests.scan_page(d, a),
    "duplicates.side_by_side": lambda o, d, a: duplicates.side_by_side(d, a, o.ids["mirip"]),
    "duplicates.decide": lambda o, d, a: duplicates.decide(d, a, o.ids["mirip"], Putusan.ORANG_LAIN, "beda wajah"),
    "returns.void_application": lambda o, d, a: returns.void_application(d, a, o.p["verifikasi"], "salah orang"),
    "sealing.applicant_confirms": lambda o, d, a: sealing.applicant_confirms(d, a, o.p["kirim"]),
    "sealing.seal_packet": lambda o, d, a: sealing.seal_packet(d, a, o.p["segel"]),
    "sealing.sign_off": lambda o, d, a: sealing.sign_off(d, a, o.p["kirim"], PASSWORD),
    "slips.choose_medium": lambda o, d, a: slips.choose_medium(d, a, "80mm"),
    "line_rules.set_line_rules": lambda o, d, a: line_rules.set_line_rules(d, a, LineRules(max_bytes_per_s=64_000)),
    "line_check.check_line": lambda o, d, a: line_check.check_line(
        replace(d, gateway=SimpleNamespace(statuses=lambda _after, _wait: ())), a),
    "queue.try_all": lambda o, d, a: queue.try_all(d, a),
    "queue.try_refused": lambda o, d, a: queue.try_refused(d, a),
    "queue.try_one": lambda o, d, a: queue.try_one(d, a, "x"),
    "reports.refused_reports": lambda o, d, a: reports.refused_reports(d, a),
    "reports.send_refused_again": lambda o, d, a: reports.send_refused_again(d, a),
    "queue.page": lambda o, d, a: queue.page(d, a, QueueQuery()),
    "slips.print_paper": lambda o, d, a: slips.print_paper(d, a, o.p["rekam"], "tanda_terima"),
    "sop_versions.adopt": lambda o, d, a: sop_versions.adopt(d, a, _new_sop(d)),
    "sop_versions.turn_local_extras": lambda o, d, a: sop_versions.turn_local_extras(d, a, True),
    "spoiled.cards": lambda o, d, a: spoiled.cards(d, a),
    "spoiled.destroy": lambda o, d, a: spoiled.destroy(d, a, [o.jobs["rusak"]], withdrawn.Burning(*PARTY, place="halaman kantor")),
    "spoiled.send_back": lambda o, d, a: spoiled.send_back(d, a, [o.jobs["rusak"]], "BAST-K/1"),
    "status_acts.record_again": lambda o, d, a: status_acts.record_again(d, a, o.p["tunggu"], "iris tertutup"),
    "status_acts.send_again": lambda o, d, a: status_acts.send_again(d, a, o.p["tunggu"], "gagal di pusat"),
    "status_list.adopt": lambda o, d, a: status_list.adopt(d, a, status_list.StatusPlan("d.csv", "0" * 64, 1, (), (), 0)),
    "status_list.examine": lambda o, d, a: status_list.examine(_with_table(d, [("bukan", "kolom")]), a, Path("d.csv")),
    "status_list.import_list": lambda o, d, a: status_list.import_list(_with_table(d, [("bukan", "kolom")]), a, Path("d.csv")),
    "statuses.record_entry": lambda o, d, a: statuses.record_entry(d, a, o.p["tunggu"], StatusSiak.RECEIVED_AT_CENTRAL),
    "statuses.enter_status": lambda o, d, a: statuses.enter_status(d, a, o.p["tunggu"], StatusSiak.PRINT_READY_RECORD),
    "transaction.export_recording": lambda o, d, a: transaction.export_recording(
        d, a, o.p["lengkap"], "an2k", o.folder / "rekam.an2", reason="permintaan pusat", **SECOND),
    "leaving.leave": lambda o, d, a: leaving.leave(d, a, leaving.Leave.CLOSE),
    "room.left": lambda o, d, a: room.left(d, a),
    "places.disks": lambda o, d, a: places.disks(d, a),
    "typed.keep": lambda o, d, a: typed.keep(d, a, "pengaduan", {"isi": "loket gelap"}),
    "typed.kept": lambda o, d, a: typed.kept(d, a),
    "sign_in_bound.extend": lambda o, d, a: sign_in_bound.extend(d, a, "jaringan putus sejak banjir"),
    "sign_in_bound.set_days": lambda o, d, a: sign_in_bound.set_days(d, a, 14),
    "users.password_was_given": lambda o, d, a: users.password_was_given(d, a),
    "users.change_own_password": lambda o, d, a: users.change_own_password(d, a, PASSWORD, "sandi berikut"),
    "users.change_user": lambda o, d, a: users.change_user(d, a, "sasaran", "Sasaran", (Peran.PENYERAH,)),
    "users.reset_password": lambda o, d, a: users.reset_password(d, a, "sasaran", "sandi berikut"),
    "users.save_user": lambda o, d, a: users.save_user(d, a, "baru", "Baru", (Peran.LOKET,), PASSWORD),
    "users.set_active": lambda o, d, a: users.set_active(d, a, "sasaran", False),
    "users.users": lambda o, d, a: users.users(d, a),
    "verification.renew": lambda o, d, a: verification.renew(d, a, o.p["basi"]),
    "verification.validate": lambda o, d, a: verification.validate(d, a, o.p["validasi"]),
    "verification.verify": lambda o, d, a: verification.verify(d, a, o.p["verifikasi"]),
    "withdrawn.destroy": lambda o, d, a: withdrawn.destroy(d, a, [o.ids["kartu"]], withdrawn.Burning(*PARTY, place="halaman kantor")),
    "withdrawn.paper_again": lambda o, d, a: withdrawn.paper_again(d, a, o.ids["musnah"]),
    "viewing.look": lambda o, d, a: viewing.look(d, a, o.p["tunggu"], Lihat.NIK, "pertanyaan"),
    "viewing.needs_reason": lambda o, d, a: viewing.needs_reason(d, a, o.p["tunggu"]),
    "viewing.who_looked": lambda o, d, a: viewing.who_looked(d, a, o.p["tunggu"]),
    "viewing.looked_on": lambda o, d, a: viewing.looked_on(d, a, date(2026, 11, 20)),
    "keeping.disposals": lambda o, d, a: keeping.disposals(d, a),
    "keeping.record": lambda o, d, a: keeping.record(d, a, o.ids["hapus"]),
    "subject_requests.receive": lambda o, d, a: subject_requests.receive(d, a, "akses", o.office.person(60).nik, "SITI", "", "salinan"),
    "subject_requests.prove_identity": lambda o, d, a: subject_requests.prove_identity(d, a, o.ids["minta"], "ktp"),
    "subject_requests.open_request": lambda o, d, a: subject_requests.open_request(d, a, o.ids["minta"]),
    "subject_requests.requests": lambda o, d, a: subject_requests.requests(d, a),
    "subject_requests.move": lambda o, d, a: subject_requests.move(d, a, o.ids["minta"], "diproses"),
    "subject_requests.copy_of_data": lambda o, d, a: subject_requests.copy_of_data(d, a, o.ids["minta"]),
    "breach.concerned": lambda o, d, a: breach.concerned(d, a, _CONCERN),
    "breach.notice": lambda o, d, a: breach.notice(d, a, _CONCERN, _CONCERN.ended_at, ["nik"], "disk hilang", "kunci dicabut", **SECOND),
    "breach.notices": lambda o, d, a: breach.notices(d, a),
    "breach.papers": lambda o, d, a: breach.papers(d, a, o.ids["insiden"]),
    "withdrawn.surrender": lambda o, d, a: withdrawn.surrender(d, a, o.office.person(60).nik, "SITI", AlasanTarik.DITEMUKAN, "utuh"),
}
LETTER_CALLS: dict[str, Call] = {
    "letters.issue_letters": lambda o, d, a: letters.issue_letters(d, a, o.p["surat"]),
    "handover.hand_over letters": lambda o, d, a: handover.hand_over(d, a, o.p["diambil"], b"\x89PNG"),
}
