"""The eight books: their columns word for word (DOMAIN.md 6.1) and how each line is written.

Lines come from the register's streaming iterators, by the moment the book is about: recordings by the date of recording, cards by
the date of printing, handovers by the date of handover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import count, groupby
from operator import itemgetter

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time, service_name
from ktpel_kiosk.domain.audit import AuditLink
from ktpel_kiosk.domain.biodata import age_at
from ktpel_kiosk.domain.biometric import BiometricException, ExceptionKind, Position
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.ledgers import AlasanTarik, BlangkoMove, BlangkoMoveKind
from ktpel_kiosk.domain.numbering import NUMBERS
from ktpel_kiosk.domain.pengaduan import KANAL_NAMES, KATEGORI_NAMES, STATUS_NAMES
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.domain.text import date_form, phone_local, time_text
from ktpel_kiosk.ports.ledgers import Recorded
from ktpel_kiosk.ports.papers import Cell
from ktpel_kiosk.ports.register import View

VOID = "BATAL"
LETTER_WORDS: dict[str, str] = {
    "surat_pengantar": "Surat Pengantar", "surat_keterangan_perekaman": "Surat Keterangan Perekaman",
    "ba_pemusnahan": "Berita Acara Pemusnahan KTP-el", "ba_kerusakan": "Berita Acara Kerusakan Perangkat",
    "ba_pemusnahan_data": "Berita Acara Pemusnahan Data",
}
POSITIONS: dict[Position, str] = {
    Position.FACE: "wajah", Position.RIGHT_THUMB: "jempol kanan", Position.RIGHT_INDEX: "telunjuk kanan",
    Position.RIGHT_MIDDLE: "jari tengah kanan", Position.RIGHT_RING: "jari manis kanan", Position.RIGHT_LITTLE: "kelingking kanan",
    Position.LEFT_THUMB: "jempol kiri", Position.LEFT_INDEX: "telunjuk kiri", Position.LEFT_MIDDLE: "jari tengah kiri",
    Position.LEFT_RING: "jari manis kiri", Position.LEFT_LITTLE: "kelingking kiri", Position.RIGHT_EYE: "mata kanan",
    Position.LEFT_EYE: "mata kiri", Position.SIGNATURE: "tanda tangan",
}
EXCEPTIONS: dict[ExceptionKind, str] = {
    ExceptionKind.MISSING: "tidak ada", ExceptionKind.BANDAGED: "dibalut", ExceptionKind.UNREADABLE: "tidak terbaca",
    ExceptionKind.BLIND: "buta", ExceptionKind.LENS: "tidak terbaca", ExceptionKind.UNABLE: "tidak mampu",
}
IKD_WORDS: dict[str, str] = {
    "aktif": "IKD sudah aktif", "diaktifkan": "IKD diaktifkan", "belum": "IKD belum", "tanpa_gawai": "IKD: tanpa gawai",
}
CONDITIONS: dict[str, str] = {
    "utuh": "Utuh", "rusak_fisik": "Rusak fisik", "patah": "Patah atau terpotong", "luntur": "Tulisan atau foto luntur",
    "cip_rusak": "Cip tidak terbaca",
}
REASONS: dict[AlasanTarik, str] = {
    AlasanTarik.RUSAK: "Rusak", AlasanTarik.PERUBAHAN_DATA: "Perubahan data", AlasanTarik.PINDAH: "Pindah",
    AlasanTarik.PERPANJANGAN: "Perpanjangan", AlasanTarik.DITEMUKAN: "Ditemukan", AlasanTarik.LAIN: "Lain-lain",
}
RESULTS: dict[JobState, str] = {JobState.CONFIRMED: "baik", JobState.SPOILED: "rusak"}
AUDIT_MOST = 100_000


def condition_text(value: str) -> str:
    """``Utuh`` for ``utuh``; anything else stays as it was written."""
    return CONDITIONS.get(value, value)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a book before its number. ``key``: what people call it; ``touched``: when what it shows last went on."""

    cells: tuple[Cell, ...]
    key: str
    touched: datetime | None = None
    void: bool = False


@dataclass(frozen=True)
class Show:
    """How values are written. ``officers``: user name -> name; empty: user names are shown as they are."""

    desk: Desk
    view: View
    nik: Callable[[str], str]
    officers: Mapping[str, str]
    phone: Callable[[str], str] = phone_local

    def officer(self, username: str) -> str:
        return self.officers.get(username, username)

    def day(self, at: datetime | None) -> str:
        return date_form(local_time(self.desk, at).date()) if at else ""

    def clock(self, at: datetime | None) -> str:
        return time_text(local_time(self.desk, at)) if at else ""

    def done_by(self, p: Permohonan, stage: Stage) -> str:
        return self.officer(next((t.actor for t in p.tahap if t.stage is stage and t.actor and t.finished_at), ""))

    def who(self, event: str, subject: str) -> str:
        """Who did the last such act on a subject, from the audit."""
        links = self.view.audit(subject=subject, limit=AUDIT_MOST)
        return self.officer(next((link.actor for link in reversed(links) if link.event == event), ""))

    def service(self, p: Permohonan) -> str:
        return service_name(self.desk.sop_of(p.sop_digest), p)


@dataclass(frozen=True, slots=True)
class Layout:
    """``numbered``: the first column is the number in the year. ``text_columns`` counts from the first column."""

    title: str
    columns: tuple[str, ...]
    widths: tuple[float, ...]
    text_columns: frozenset[int]
    lines: Callable[[Show, datetime, datetime], Iterator[Line]]
    numbered: bool = True


def _address(p: Permohonan) -> str:
    q = p.penduduk
    return f"{q.alamat}, RT/RW {q.rt}/{q.rw}, {q.desa}"


# -- permohonan -----------------------------------------------------------------------------------------------------------


def rows_in(view: View, book: str, since: datetime, until: datetime) -> int:
    """Lines of a book in a period; the register of applications also shows numbers that nobody will get."""
    return view.count_in(book, since, until) + (len(_struck(view, since, until)) if book == "permohonan" else 0)


def _struck(view: View, since: datetime, until: datetime) -> list[AuditLink]:
    """Register numbers that were set aside for a desk and are not given any more (only where desks share a register)."""
    return [link for link in view.audit(subject=NUMBERS, limit=AUDIT_MOST) if link.event == "NumbersStruck" and since <= link.at < until]


def _permohonan(s: Show, since: datetime, until: datetime) -> Iterator[Line]:
    struck = ((link.at, _struck_line(s, link)) for link in _struck(s.view, since, until))
    yield from (line for _at, line in merge(_given(s, since, until), struck, key=itemgetter(0)))


def _struck_line(s: Show, link: AuditLink) -> Line:
    first, last = link.facts["first"], link.facts["last"]
    numbers = f"{first}" if first == last else f"{first}\u2013{last}"
    reason = f"disisihkan untuk {link.facts['station']}, tidak dipakai: {link.facts['reason']}"
    officer = s.officer(link.actor) if link.actor != "-" else ""
    return Line((f"{numbers} ({link.facts['year']})", s.day(link.at), s.clock(link.at), *[""] * 12, void_text(reason, officer)), numbers,
                link.at, True)


def _given(s: Show, since: datetime, until: datetime) -> Iterator[tuple[datetime, Line]]:
    for p in s.view.applications_in(since, until):
        q = p.penduduk
        yield p.numbered_at or since, Line((
            p.nomor_register, s.day(p.numbered_at), s.clock(p.numbered_at), q.nama, s.nik(q.nik), s.nik(q.no_kk) if q.no_kk else "",
            q.jenis_kelamin.value, f"{q.tempat_lahir}, {date_form(q.tanggal_lahir)}", _address(p),
            s.phone(p.nomor_hp) if p.nomor_hp else "", s.service(p), "TL" if p.missing_papers() else "L",
            s.done_by(p, Stage.TERIMA_BERKAS), s.done_by(p, Stage.VERIFIKASI), s.done_by(p, Stage.VALIDASI), _remark(s, p),
        ), p.nomor_register, p.updated_at, p.keadaan is Keadaan.BATAL)


def _remark(s: Show, p: Permohonan) -> str:
    if p.keadaan is Keadaan.BATAL:
        return void_text(p.note, s.who("ApplicationVoided", p.id))
    words = {
        Keadaan.DIKEMBALIKAN: "Dikembalikan", Keadaan.DITOLAK: f"Ditolak: {p.note}".rstrip(": "), Keadaan.GANDA: "Data ganda",
        Keadaan.MENUNGGU_USIA: f"Kartu mulai {date_form(p.menunggu_hingga)}" if p.menunggu_hingga else "Menunggu usia 17",
    }
    return "; ".join(x for x in (words.get(p.keadaan, ""), _place(p)) if x)


def void_text(reason: str, officer: str) -> str:
    """``BATAL: salah orang (Sri Hartati, S.Sos)``."""
    return f"{VOID}: {reason}" + (f" ({officer})" if officer else "")


def _place(p: Permohonan) -> str:
    return f"Jemput bola: {p.mobile_place}" if p.mobile_place else ""


# -- perekaman ------------------------------------------------------------------------------------------------------------


def _perekaman(s: Show, since: datetime, until: datetime) -> Iterator[Line]:
    for r in s.view.recordings_in(since, until):
        p, q = r.permohonan, r.permohonan.penduduk
        last = r.events[-1] if r.events else None
        ready = next((e.at for e in r.events if e.status == "PRINT_READY_RECORD"), None)
        kind, remark = _recording_kind(s, r)
        moments = [p.updated_at, *(e.at for e in r.events), *([r.packet.received_at] if r.packet and r.packet.received_at else [])]
        yield Line((
            s.day(r.at), s.clock(r.at), p.nomor_register, s.nik(q.nik), q.nama, q.jenis_kelamin.value, date_form(q.tanggal_lahir),
            _address(p), kind, _excused(r.exceptions), s.officer(r.officer), s.day(r.packet.received_at) if r.packet else "",
            last.status.value if last else "BIO_CAPTURED", s.day(ready), remark,
        ), p.nomor_register or p.id, max(moments), p.keadaan is Keadaan.BATAL)


def _recording_kind(s: Show, r: Recorded) -> tuple[str, str]:
    """Jenis, and what the remark has to add: where, and what it would have been at the office."""
    p = r.permohonan
    again = bool(p.sudah_rekam) or any(w.rule == "N11" for w in p.warnings)
    young = p.layanan is Layanan.PEMULA or age_at(p.penduduk.tanggal_lahir, local_time(s.desk, r.at).date()) < 17
    kind = "ulang" if again else "pemula" if young else "baru"
    void = void_text(p.note, s.who("ApplicationVoided", p.id)) if p.keadaan is Keadaan.BATAL else ""
    if not p.mobile_place:
        return kind, void
    return "jemput bola", "; ".join(x for x in (void, kind if kind != "baru" else "", p.mobile_place) if x)


def _excused(exceptions: tuple[BiometricException, ...]) -> str:
    return ", ".join(f"{POSITIONS[e.position]}: {EXCEPTIONS[e.kind]}" for e in exceptions) or "-"


# -- pencetakan, pengambilan ----------------------------------------------------------------------------------------------


def _pencetakan(s: Show, since: datetime, until: datetime) -> Iterator[Line]:
    for job, p in s.view.card_jobs_in(since, until):
        yield Line((
            s.day(job.created_at), s.nik(p.penduduk.nik), p.penduduk.nama, s.service(p), RESULTS.get(job.state, "belum pasti"),
            s.day(job.updated_at) if job.state is JobState.CONFIRMED else "", s.officer(job.operator), _blank_and_chip(job),
            job.spoil_reason or ("dibuat di mesin resmi" if job.official else ""),
        ), f"{p.nomor_register} / {job.blangko}", max(job.updated_at, p.updated_at))


def _blank_and_chip(job: CardJob) -> str:
    return f"{job.blangko} / {job.chip_uid}" if job.chip_uid else job.blangko


def _pengambilan(s: Show, since: datetime, until: datetime) -> Iterator[Line]:
    for proof, p in s.view.handovers_in(since, until):
        own = proof.receiver_relation == "ybs"
        taker = f"{s.nik(p.penduduk.nik if own else proof.receiver_nik)} {proof.receiver_name}".strip()
        letters = proof.kind == "surat"
        yield Line((
            s.day(proof.at), s.clock(proof.at), p.nomor_register, s.nik(p.penduduk.nik), p.penduduk.nama, proof.receiver_relation,
            taker, proof.number,
            "ya" if proof.old_card_withdrawn else "tidak", "ya" if proof.activated else "tidak",
            "ada" if proof.signature_png else "tidak ada", s.officer(proof.officer),
            "Surat Pengantar dan Surat Keterangan Perekaman" if letters else IKD_WORDS.get(proof.ikd, ""),
        ), proof.number, None)


# -- ktp ditarik, pengaduan, agenda ---------------------------------------------------------------------------------------


def _ktp_ditarik(s: Show, since: datetime, until: datetime) -> Iterator[Line]:
    for card, burned in s.view.withdrawn_in(since, until):
        yield Line((
            s.day(card.received_at), s.nik(card.nik), card.nama, REASONS[card.alasan], condition_text(card.kondisi),
            s.officer(card.petugas), burned.nomor if burned else "", s.day(burned.at) if burned else "",
        ), f"{card.nama}, {s.day(card.received_at)}", burned.at if burned else None)


def _pengaduan(s: Show, since: datetime, until: datetime) -> Iterator[Line]:
    for c in s.view.complaints_in(since, until):
        yield Line((
            s.day(c.received_at), KANAL_NAMES[c.kanal], "Anonim" if c.anonim else c.nama, c.kontak, c.uraian, KATEGORI_NAMES[c.kategori],
            s.officer(c.petugas), s.day(c.due_at), c.tindak_lanjut, s.day(c.finished_at), STATUS_NAMES[c.status],
        ), c.nomor, c.updated_at)


def _agenda(s: Show, since: datetime, until: datetime) -> Iterator[Line]:
    for x in s.view.letters_in(since, until):
        void = void_text(x.void_reason, s.who("LetterVoided", x.nomor)) + ". " if x.void_reason else ""
        yield Line((
            x.nomor, s.day(x.at), LETTER_WORDS.get(x.kind, x.kind.replace("_", " ").capitalize()), x.kepada, f"{void}{x.perihal}",
            s.nik(x.nik) if x.nik else "", x.penandatangan,
        ), x.nomor, None, bool(x.void_reason))


# -- blangko --------------------------------------------------------------------------------------------------------------

USES = frozenset({BlangkoMoveKind.BAIK, BlangkoMoveKind.RUSAK})


def _blangko(s: Show, since: datetime, until: datetime) -> Iterator[Line]:
    """Receipts and returns line by line, the cards of a day between them in one line; the balance runs on."""
    stock = s.view.blangko_stock_at(since)
    if stock:
        yield Line((s.day(since), "Saldo awal", "", "", "", "", stock, ""), "Saldo awal")

    alone = count(1)

    def together(move: BlangkoMove) -> tuple[str, int]:
        return s.day(move.at), 0 if move.kind in USES else next(alone)

    for (day, apart), moves in groupby(s.view.blangko_moves_in(since, until), together):
        sums = dict.fromkeys(BlangkoMoveKind, 0)
        batch, names = "", dict[str, None]()
        for move in moves:
            sums[move.kind] += move.count
            batch = move.batch
            names[s.officer(move.officer)] = None
        came, good, spoiled, back = (sums[k] for k in BlangkoMoveKind)
        stock += came - good - spoiled - back
        yield Line((day, batch if apart else "", came or "", good or "", spoiled or "", back or "", stock, ", ".join(names)), batch or day)


LAYOUTS: dict[str, Layout] = {
    "permohonan": Layout(
        "Buku Register Permohonan KTP-el",
        ("No. Urut", "Nomor Register", "Tanggal", "Jam", "Nama Lengkap", "NIK", "No. KK", "L/P", "Tempat/Tgl Lahir",
         "Alamat (RT/RW Kel/Desa)", "No. HP", "Jenis Permohonan", "Kelengkapan (L/TL)", "Petugas Loket", "Paraf Verifikator", "Validator",
         "Keterangan"),
        (0.7, 1.7, 1.2, 0.8, 2.2, 2.0, 2.0, 0.6, 2.0, 2.8, 1.5, 1.5, 0.9, 1.4, 1.4, 1.4, 1.6), frozenset({1, 5, 6, 10}), _permohonan),
    "perekaman": Layout(
        "Buku Perekaman KTP-el",
        ("No.", "Tanggal Rekam", "Jam", "Nomor Register", "NIK", "Nama", "L/P", "Tgl Lahir", "Alamat", "Jenis", "Pengecualian biometrik",
         "Operator", "Tgl Kirim", "Status SIAK", "Tgl PRR", "Keterangan"),
        (0.6, 1.2, 0.8, 1.7, 2.0, 2.2, 0.6, 1.2, 2.8, 1.0, 1.8, 1.4, 1.2, 2.0, 1.2, 1.4), frozenset({3, 4}), _perekaman),
    "pencetakan": Layout(
        "Buku Pencetakan KTP-el",
        ("No.", "Tanggal Cetak", "NIK", "Nama", "Jenis", "Hasil (baik/rusak)", "Tgl Encode", "Operator", "No. blangko/UID", "Keterangan"),
        (0.6, 1.2, 2.0, 2.4, 1.8, 1.0, 1.2, 1.6, 2.2, 2.0), frozenset({2, 8}), _pencetakan),
    "pengambilan": Layout(
        "Buku Pengambilan KTP-el",
        ("No.", "Tanggal", "Jam", "Nomor Register", "NIK", "Nama Pemilik", "Yang Mengambil (ybs/kuasa)", "NIK & Nama Pengambil",
         "No. Tanda Bukti", "KTP lama ditarik (ya/tidak)", "Aktivasi (ya/tidak)", "Tanda tangan", "Petugas", "Keterangan IKD"),
        (0.6, 1.2, 0.8, 1.7, 2.0, 2.2, 1.1, 2.4, 1.6, 1.0, 1.0, 1.0, 1.4, 1.4), frozenset({3, 4, 7, 8}), _pengambilan),
    "ktp_ditarik": Layout(
        "Buku KTP-el Ditarik dan Dimusnahkan",
        ("No.", "Tanggal Terima", "NIK", "Nama", "Alasan", "Kondisi", "Petugas", "No. BA Pemusnahan", "Tgl Musnah"),
        (0.6, 1.2, 2.0, 2.6, 1.6, 1.8, 1.8, 2.4, 1.2), frozenset({2, 7}), _ktp_ditarik),
    "pengaduan": Layout(
        "Buku Pengaduan",
        ("No.", "Tanggal", "Kanal", "Nama", "Kontak", "Uraian", "Kategori", "Petugas", "Batas waktu", "Tindak lanjut", "Tgl selesai",
         "Status"),
        (0.6, 1.2, 1.2, 1.8, 1.6, 3.4, 1.4, 1.4, 1.2, 2.8, 1.2, 1.3), frozenset({4, 5, 9}), _pengaduan),
    "blangko": Layout(
        "Buku Persediaan Blangko KTP-el", ("Tanggal", "No. BAST", "Masuk", "Keluar baik", "Rusak", "Kembali", "Sisa", "Petugas"),
        (1.2, 2.6, 1.0, 1.0, 1.0, 1.0, 1.0, 2.6), frozenset({1}), _blangko, numbered=False),
    "agenda_surat": Layout(
        "Buku Agenda Surat Keluar", ("No. Urut", "Nomor Surat", "Tanggal", "Jenis", "Kepada", "Perihal", "NIK", "Penandatangan"),
        (0.7, 2.6, 1.2, 2.0, 2.6, 3.4, 2.0, 2.2), frozenset({1, 6}), _agenda),
}
