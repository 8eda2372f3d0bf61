"""Buku register: building the books from the register and exporting them (DOMAIN.md 6.1).

NIK is masked unless a supervisor asks for it with a reason; that is audited. Void rows stay, marked BATAL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import today
from ktpel_kiosk.desk.papers import local_time, service_name
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import date_form, date_long, mask_nik, time_text, zone
from ktpel_kiosk.ports.papers import Book, BookRow
from ktpel_kiosk.ports.register import AuditCheck, Query, View

Cells = tuple[str | int | float, ...]
FORMATS = ("xlsx", "csv", "pdf")
PAGE = 500


@dataclass(frozen=True, slots=True)
class _Layout:
    title: str
    columns: tuple[str, ...]
    widths: tuple[float, ...]
    text_columns: frozenset[int]
    rows: Callable[[Desk, View, Permohonan, Callable[[str], str]], list[Cells]]


def export_register(desk: Desk, actor: Actor, book: str, format: str, path: Path, *, year: int | None = None,
                    month: int | None = None, full_nik: bool = False, reason: str = "") -> str:
    """Write one book for a year or month; returns the SHA-256 (hex) of the file.

    Raises:
        BadInput: unknown book or format, or full NIK asked without a reason. NotAllowed. IoFailure.
    """
    require(actor, "export_register")
    if full_nik:
        require(actor, "export_register_full_nik")
        if not reason.strip():
            raise BadInput("export.reason", book=book)
    if format not in FORMATS:
        raise BadInput("export.format", format=format, expected=", ".join(FORMATS))
    data = desk.documents.book(build_book(desk, book, year=year, month=month, full_nik=full_nik), format)
    digest = hashlib.sha256(data).hexdigest()
    desk.register.write(lambda tx: tx.log("RegisterExported", book, actor.username, format=format, digest=digest,
                                          reason=reason, key="nik_lengkap" if full_nik else "nik_tersamar"))
    desk.spool.write_file(path, data)
    return digest


def build_book(desk: Desk, book: str, *, year: int | None = None, month: int | None = None, full_nik: bool = False) -> Book:
    """The book as values. ``year`` defaults to the current one."""
    layout = LAYOUTS.get(book)
    if layout is None:
        raise BadInput("export.book", book=book, expected=", ".join(LAYOUTS))
    kantor = desk.sop.kantor
    year = year or today(desk).year
    since, until = _period(desk, year, month)
    shown: Callable[[str], str] = (lambda nik: nik) if full_nik else mask_nik

    def gather(view: View) -> list[BookRow]:
        rows: list[BookRow] = []
        for p in _applications(view, since, until):
            for cells in layout.rows(desk, view, p, shown):
                rows.append(BookRow((len(rows) + 1, *cells), void=p.keadaan is Keadaan.BATAL))
        return rows

    rows = desk.register.read(gather)
    label = f"Tahun {year}" if month is None else f"{date_long(since.astimezone(zone(kantor.zona_waktu)).date()).split(' ', 1)[1]}"
    title = kantor.buku_register if book == "permohonan" else layout.title
    return Book(
        title=title, period=label, columns=("No.", *layout.columns), rows=tuple(rows), text_columns=layout.text_columns,
        kop=kantor.kop, place_date=f"{kantor.kecamatan.title() or kantor.kabupaten.title()}, {date_long(today(desk))}",
        signatories=((kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip), ("Petugas", "", "")),
        widths=(0.6, *layout.widths), note="NIK lengkap" if full_nik else "NIK disamarkan",
    )


def _period(desk: Desk, year: int, month: int | None) -> tuple[datetime, datetime]:
    tz = zone(desk.sop.kantor.zona_waktu)
    start = datetime(year, month or 1, 1, tzinfo=tz)
    end = datetime(year + 1, 1, 1, tzinfo=tz) if month in (None, 12) else datetime(year, (month or 0) + 1, 1, tzinfo=tz)
    return start.astimezone(UTC), end.astimezone(UTC) - timedelta(microseconds=1)


def _applications(view: View, since: datetime, until: datetime) -> Iterator[Permohonan]:
    offset = 0
    while True:
        page = view.list(Query(since=since, until=until, limit=PAGE, offset=offset, newest_first=False))
        for item in page:
            if item.nomor_register:
                yield view.permohonan(item.id)
        if len(page) < PAGE:
            return
        offset += PAGE


def _when(desk: Desk, at: datetime | None) -> tuple[str, str]:
    if at is None:
        return "", ""
    local = local_time(desk, at)
    return date_form(local.date()), time_text(local)


def _officer(p: Permohonan, stage: Stage) -> str:
    return next((t.actor for t in p.tahap if t.stage is stage and t.actor and t.finished_at), "")


def _address(p: Permohonan) -> str:
    q = p.penduduk
    return f"{q.alamat}, RT/RW {q.rt}/{q.rw}, {q.desa}"


def _permohonan_rows(desk: Desk, view: View, p: Permohonan, shown: Callable[[str], str]) -> list[Cells]:
    q = p.penduduk
    tanggal, jam = _when(desk, p.created_at)
    note = {Keadaan.BATAL: f"BATAL: {p.note}", Keadaan.DIKEMBALIKAN: "Dikembalikan"}.get(p.keadaan, "")
    return [(
        p.nomor_register, tanggal, jam, q.nama, shown(q.nik), shown(q.no_kk) if q.no_kk else "", q.jenis_kelamin.value,
        f"{q.tempat_lahir}, {date_form(q.tanggal_lahir)}", _address(p), p.nomor_hp, service_name(desk.sop_of(p.sop_digest), p),
        "TL" if p.missing_papers() else "L", _officer(p, Stage.TERIMA_BERKAS), _officer(p, Stage.VERIFIKASI),
        _officer(p, Stage.VALIDASI), note,
    )]


def _perekaman_rows(desk: Desk, view: View, p: Permohonan, shown: Callable[[str], str]) -> list[Cells]:
    done = [t for t in p.tahap if t.stage is Stage.REKAM and t.finished_at]
    if not done:
        return []
    q = p.penduduk
    tanggal, jam = _when(desk, done[-1].finished_at)
    packet = view.packet_of(p.id)
    events = view.status_events(packet.packet_id) if packet else ()
    ready = next((e.at for e in events if e.status == "PRINT_READY_RECORD"), None)
    excused = ", ".join(f"{e.position.value}: {e.kind.value}" for e in view.exceptions(p.id)) or "-"
    return [(
        tanggal, jam, p.nomor_register, shown(q.nik), q.nama, q.jenis_kelamin.value, date_form(q.tanggal_lahir), _address(p),
        "jemput bola" if p.mobile_place else "baru", excused, done[-1].actor,
        _when(desk, packet.received_at)[0] if packet else "", events[-1].status.value if events else "BIO_CAPTURED",
        _when(desk, ready)[0], "",
    )]


def _pencetakan_rows(desk: Desk, view: View, p: Permohonan, shown: Callable[[str], str]) -> list[Cells]:
    return [_print_row(desk, p, job, shown) for job in view.card_jobs(p.id) if job.state is not JobState.CANCELLED]


def _print_row(desk: Desk, p: Permohonan, job: CardJob, shown: Callable[[str], str]) -> Cells:
    result = {JobState.CONFIRMED: "baik", JobState.SPOILED: "rusak"}.get(job.state, "belum pasti")
    encoded = _when(desk, job.updated_at)[0] if job.state is JobState.CONFIRMED else ""
    return (_when(desk, job.created_at)[0], shown(p.penduduk.nik), p.penduduk.nama, service_name(desk.sop_of(p.sop_digest), p),
            result, encoded, job.operator, f"{job.blangko} / {job.chip_uid or '-'}", job.spoil_reason)


def _pengambilan_rows(desk: Desk, view: View, p: Permohonan, shown: Callable[[str], str]) -> list[Cells]:
    proof = view.handover(p.id)
    if proof is None:
        return []
    tanggal, jam = _when(desk, proof.at)
    return [(
        tanggal, jam, p.nomor_register, shown(p.penduduk.nik), p.penduduk.nama, proof.receiver_relation, proof.receiver_name,
        proof.number, "ya" if proof.old_card_withdrawn else "tidak", "ya" if proof.activated else "tidak",
        "terlampir", proof.officer, "",
    )]


LAYOUTS: dict[str, _Layout] = {
    "permohonan": _Layout(
        "Buku Register Permohonan KTP-el",
        ("Nomor Register", "Tanggal", "Jam", "Nama Lengkap", "NIK", "No. KK", "L/P", "Tempat/Tgl Lahir", "Alamat", "No. HP",
         "Jenis Permohonan", "Kelengkapan", "Petugas Loket", "Paraf Verifikator", "Validator", "Keterangan"),
        (1.7, 1.2, 0.8, 2.2, 2.0, 2.0, 0.6, 2.0, 2.8, 1.5, 1.5, 0.8, 1.2, 1.2, 1.2, 1.5), frozenset({1, 5, 6, 10}), _permohonan_rows),
    "perekaman": _Layout(
        "Buku Perekaman KTP-el",
        ("Tanggal Rekam", "Jam", "Nomor Register", "NIK", "Nama", "L/P", "Tgl Lahir", "Alamat", "Jenis", "Pengecualian Biometrik",
         "Operator", "Tgl Kirim", "Status SIAK", "Tgl PRR", "Keterangan"),
        (1.2, 0.8, 1.7, 2.0, 2.2, 0.6, 1.2, 2.8, 1.0, 1.6, 1.2, 1.2, 2.0, 1.2, 1.2), frozenset({3, 4}), _perekaman_rows),
    "pencetakan": _Layout(
        "Buku Pencetakan KTP-el",
        ("Tanggal Cetak", "NIK", "Nama", "Jenis", "Hasil", "Tgl Encode", "Operator", "No. Blangko/UID", "Keterangan"),
        (1.2, 2.0, 2.4, 1.6, 1.0, 1.2, 1.2, 2.4, 2.0), frozenset({2, 8}), _pencetakan_rows),
    "pengambilan": _Layout(
        "Buku Pengambilan KTP-el",
        ("Tanggal", "Jam", "Nomor Register", "NIK", "Nama Pemilik", "Yang Mengambil", "Nama Pengambil", "No. Tanda Bukti",
         "KTP Lama Ditarik", "Aktivasi", "Tanda Tangan", "Petugas", "Keterangan"),
        (1.2, 0.8, 1.7, 2.0, 2.2, 1.1, 2.2, 1.6, 1.0, 0.9, 1.0, 1.2, 1.2), frozenset({3, 4, 8}), _pengambilan_rows),
}


def verify_register(desk: Desk, actor: Actor) -> AuditCheck:
    """Check the whole audit chain and record that it was checked."""
    require(actor, "verify_register")
    result = desk.register.check_audit()
    desk.register.write(lambda tx: tx.log("RegisterVerified", "register", actor.username, count=result.length,
                                          digest=result.head, status="utuh" if result.whole else "rusak"))
    return result
