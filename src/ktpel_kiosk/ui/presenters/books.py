"""Antrean, Register, Laporan, Pengaturan: what is waiting, the books, plain figures, the office. Qt-free."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ktpel_kiosk.desk import books, printing, queries
from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.domain.text import mask_nik, minutes_text, month_year, number_text, percent_text, time_text
from ktpel_kiosk.ports.register import AuditCheck, ListItem, Query
from ktpel_kiosk.ui.presenters.session import Session, brief, clock_text, day_month, number_short
from ktpel_kiosk.ui.words import word

PAGE_ROWS = 300
BOOKS = {"permohonan": "Buku Register Permohonan", "perekaman": "Buku Perekaman", "pencetakan": "Buku Pencetakan",
         "pengambilan": "Buku Pengambilan"}
PERIODS = (("hari", "Hari ini"), ("minggu", "7 hari"), ("bulan", "Bulan ini"), ("tahun", "Tahun ini"), ("semua", "Semua"))
TONE_OF_STATE = {Keadaan.SELESAI: "good", Keadaan.DIKEMBALIKAN: "trouble", Keadaan.DITOLAK: "trouble", Keadaan.GANDA: "trouble",
                 Keadaan.BATAL: "neutral", Keadaan.MENUNGGU_USIA: "attention", Keadaan.DRAF: "neutral"}


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One line: texts in column order, with the chip's tone and whether it is void."""

    id: str
    cells: tuple[str, ...]
    tone: str
    void: bool


@dataclass(frozen=True, slots=True)
class RegisterFound:
    total: int
    rows: tuple[RegisterRow, ...]
    ms: int
    all: int


class RegisterPresenter:
    """Search and export."""

    COLUMNS = ("No. register", "Tanggal", "Nama", "NIK", "Layanan", "Desa", "Petugas", "Tahap", "Waktu")

    def __init__(self, session: Session) -> None:
        self.session = session

    def title(self) -> tuple[str, str]:
        return f"{self.session.desk.sop.kantor.buku_register} Permohonan", f"{month_year(self.session.today())} · terbuka"

    def villages(self) -> tuple[str, ...]:
        return tuple(v.upper() for v in self.session.desk.regions().villages(self.session.desk.sop.kantor.kode_wilayah))

    def services(self) -> tuple[tuple[Layanan, str], ...]:
        return tuple((o.layanan, word("layanan_panjang", o.layanan)) for o in self.session.desk.sop.layanan)

    def since(self, period: str) -> datetime | None:
        start = self.session.day_start()
        return {"hari": start, "minggu": start - timedelta(days=6), "bulan": start.replace(day=1),
                "tahun": start.replace(month=1, day=1)}.get(period)

    def search(self, text: str, period: str, layanan: str, desa: str) -> RegisterFound:
        query = Query(text=text, since=self.since(period), layanan=(layanan,) if layanan else (), desa=desa, limit=PAGE_ROWS)
        began = time.perf_counter()
        total, items = queries.search(self.session.desk, query)
        ms = round((time.perf_counter() - began) * 1000)
        everything = self.session.desk.register.read(lambda v: v.count(Query()))
        return RegisterFound(total, tuple(self._row(i) for i in items), ms, everything)

    def _row(self, i: ListItem) -> RegisterRow:
        local = self.session.local(i.created_at)
        when = f"{day_month(local.date())} {time_text(local)}"
        state = Keadaan(i.keadaan)
        if state is Keadaan.BERJALAN:
            chip, tone = word("stage", i.stage), {"menunggu_prr": "attention", "cetak_encode": "good", "cek_cetak": "good",
                                                  "serah_pemohon": "good", "aktivasi": "good"}.get(i.stage, "accent")
        else:
            chip, tone = word("keadaan", i.keadaan), TONE_OF_STATE.get(state, "neutral")
        used = clock_text(i.active_s) if state not in (Keadaan.BATAL, Keadaan.DIKEMBALIKAN) else "—"
        return RegisterRow(i.id, (number_short(i.nomor_register), when, i.nama, mask_nik(i.nik), word("layanan", i.layanan), i.desa.title(),
                                  i.petugas, chip, used), tone, state is Keadaan.BATAL)

    def export(self, book: str, format: str, path: Path, full_nik: bool, reason: str) -> str:
        return books.export_register(self.session.desk, self.session.actor, book, format, path, full_nik=full_nik, reason=reason)

    def read(self, pid: str) -> queries.Dossier:
        return queries.dossier(self.session.desk, pid)

    def void(self, pid: str, reason: str) -> Permohonan:
        from ktpel_kiosk.desk import intake
        return intake.void_application(self.session.desk, self.session.actor, pid, reason)


@dataclass(frozen=True, slots=True)
class QueueRow:
    id: str
    cells: tuple[str, ...]
    tone: str


@dataclass(frozen=True, slots=True)
class QueueView:
    rows: tuple[QueueRow, ...]
    headline: str
    detail: str
    tone: str


class QueuePresenter:
    """Unsent packets: age, size, progress, why waiting, next try."""

    COLUMNS = ("Urut", "Nama", "Tersegel", "Ukuran", "Terkirim", "Keadaan", "Coba lagi")

    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self) -> QueueView:
        desk, now = self.session.desk, self.session.now()
        packets = queries.queue(desk)
        names = desk.register.read(lambda v: {k.permohonan_id: v.permohonan(k.permohonan_id).penduduk.nama for k in packets})
        rows = tuple(self._row(k, names[k.permohonan_id], now) for k in packets)
        if not packets:
            return QueueView(rows, "Semua paket sudah diterima pusat", "Tanda terima server tersimpan untuk setiap paket.", "good")
        age = brief((now - packets[0].sealed_at).total_seconds())
        cause = next((k.wait_cause for k in packets if k.wait_cause is not WaitCause.NONE), WaitCause.NONE)
        size = number_text(sum(k.size - k.offset for k in packets) / 1e6, 1)
        late = queries.overdue(packets[0], now)
        return QueueView(rows, f"{len(packets)} paket belum terkirim · tertua {age} · {size} MB", word("antrean", cause) if cause is not WaitCause.NONE else "",
                         "trouble" if late == "alarm" else "attention")

    def _row(self, k: Packet, name: str, now: datetime) -> QueueRow:
        sent = f"{k.offset * 100 // max(1, k.size)} %"
        late = queries.overdue(k, now)
        tone = "trouble" if k.state is PacketState.REFUSED or late == "alarm" else "attention" if late or k.attempts else "accent"
        why = word("antrean", k.wait_cause).split(".")[0] if k.wait_cause is not WaitCause.NONE else word("paket", k.state)
        again = self.session.time(k.next_try_at) if k.next_try_at and k.next_try_at > now else "segera"
        return QueueRow(k.packet_id, (str(k.counter), name, brief((now - k.sealed_at).total_seconds()) + " lalu",
                                      f"{number_text(k.size / 1000)} kB", sent, why, again), tone)

    def try_now(self) -> None:
        """Wake the network thread; what is due by its own clock goes first."""
        self.session.desk.wake_uploader()


@dataclass(frozen=True, slots=True)
class StepFigure:
    """One SOP step of the report: median and share within the mutu baku."""

    title: str
    limit: str
    count: int
    middle_s: float
    limit_s: float | None
    within: float | None


@dataclass(frozen=True, slots=True)
class ReportView:
    period: str
    received: int
    finished: int
    returned: int
    steps: tuple[StepFigure, ...]
    services: tuple[tuple[str, int], ...]
    ages: tuple[tuple[str, int], ...]


class ReportPresenter:
    """Plain figures of the month, computed from the register as it is."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self) -> ReportView:
        s, desk = self.session, self.session.desk
        since = s.day_start().replace(day=1)
        items = desk.register.read(lambda v: list(v.list(Query(since=since, limit=5000))))
        people = desk.register.read(lambda v: [v.permohonan(i.id) for i in items[:2000]])
        services: dict[str, int] = {}
        for i in items:
            services[word("layanan_panjang", i.layanan)] = services.get(word("layanan_panjang", i.layanan), 0) + 1
        packets = queries.queue(desk)
        now = s.now()
        ages = {"di bawah 1 jam": 0, "1–24 jam": 0, "1–7 hari": 0, "di atas 7 hari": 0}
        for k in packets:
            hours = (now - k.sealed_at).total_seconds() / 3600
            key = "di bawah 1 jam" if hours < 1 else "1–24 jam" if hours < 24 else "1–7 hari" if hours < 168 else "di atas 7 hari"
            ages[key] += 1
        returned = sum(1 for p in people if p.return_reasons or p.keadaan is Keadaan.DIKEMBALIKAN)
        return ReportView(month_year(s.today()), len(items), sum(i.keadaan == Keadaan.SELESAI for i in items), returned,
                          self._steps(people), tuple(sorted(services.items(), key=lambda x: -x[1])), tuple(ages.items()))

    def _steps(self, people: list[Permohonan]) -> tuple[StepFigure, ...]:
        out = []
        for step in self.session.desk.sop.langkah:
            used = sorted(sum(t.active_s for t in p.tahap if t.nomor == step.nomor) for p in people
                          if any(t.nomor == step.nomor for t in p.tahap)
                          and all(t.finished_at for t in p.tahap if t.nomor == step.nomor))
            middle = used[len(used) // 2] if used else 0.0
            within = sum(u <= step.limit_s for u in used) / len(used) if used and step.limit_s else None
            out.append(StepFigure(f"{step.nomor}. {step.judul}", minutes_text(step.limit_s), len(used), middle, step.limit_s, within))
        return tuple(out)


class OfficePresenter:
    """Pengaturan: office, SOP, users, blangko, devices, register health."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def office_rows(self) -> tuple[tuple[str, str], ...]:
        k, sop = self.session.desk.sop.kantor, self.session.desk.sop
        return tuple((a, b) for a, b in (
            ("Kantor", k.nama), ("Pemerintah daerah", k.pemda), ("Unit", k.unit), ("Kode wilayah", k.kode_wilayah),
            ("Alamat", k.alamat), ("Telepon", k.telepon), ("Email", k.email), ("Situs", k.situs),
            ("Jam layanan", f"{time_text(k.jam_buka)}–{time_text(k.jam_tutup)} {k.zona_waktu}"),
            ("Format nomor", k.format_nomor), ("Penanda tangan", " · ".join(x for x in (k.penandatangan_jabatan, k.penandatangan_nama) if x)),
            ("Stasiun", self.session.desk.station), ("SOP", f"{sop.judul}"), ("Versi SOP", sop.digest[:12]),
        ) if b)

    def sop_rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((str(s.nomor), (str(s.nomor), s.judul, s.kegiatan, ", ".join(s.pelaksana), minutes_text(s.limit_s)))
                     for s in self.session.desk.sop.langkah)

    def users(self) -> tuple[tuple[str, tuple[str, ...], bool], ...]:
        found = self.session.desk.register.read(lambda v: list(v.users()))
        return tuple((u.username, (u.username, u.nama, ", ".join(word("peran", r) for r in u.peran), u.nip or "–"), u.active) for u in found)

    def blangko(self) -> tuple[str, bool]:
        b = self.session.desk.register.read(lambda v: v.blangko_balance())
        text = (f"Masuk {b.masuk} · stok {b.stok} · dipakai {b.dipakai} · baik {b.baik} · rusak {b.rusak} · "
                f"dikembalikan {b.dikembalikan}")
        return text, b.balanced

    def receive_blangko(self, first: str, last: str, batch: str) -> int:
        """Take serials ``first`` to ``last`` (same width) into the ledger."""
        width = len(first)
        serials = [f"{n:0{width}d}" for n in range(int(first), int(last) + 1)] if first.isdigit() and last.isdigit() else []
        return printing.receive_blangko(self.session.desk, self.session.actor, serials, batch)

    def verify(self) -> AuditCheck:
        return books.verify_register(self.session.desk, self.session.actor)


def share_text(within: float | None) -> str:
    return percent_text(within) if within is not None else "–"


