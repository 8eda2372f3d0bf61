"""Laporan: the figures of a day, month or year, the times against the mutu baku, and what waits now (DOMAIN.md 6.2, 8).

Everything is counted inside the register when it is asked for; nothing is kept beside it. What each figure means:
:data:`ktpel_kiosk.domain.laporan.MEANING`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import today
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.laporan import (
    LP,
    RECORDING_KINDS,
    SERVICE_NAMES,
    STANDING_KINDS,
    Angka,
    BarisDesa,
    BarisLayanan,
    Janji,
    LayananHari,
    Masa,
    day_standard,
    lp,
    named,
    share,
    split_reasons,
    summed,
    total,
    village_of,
    village_order,
    with_before,
)
from ktpel_kiosk.domain.sop import Layanan, Sop, Stage
from ktpel_kiosk.ports.figures import CaptureFigures, OfficerWork, Outcome, PauseTimes, Tally, Times, Waits
from ktpel_kiosk.ports.register import View

TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Wajib:
    """From the imported population list, on the last day of the period."""

    wajib: LP
    sudah: LP
    belum: LP
    tidak_diketahui: LP


@dataclass(frozen=True, slots=True)
class Laporan:
    """The report of one period.

    Attributes:
        at: as of when the standing figures hold: the end of the period, or the moment of asking while it runs.
        angka: the figures in report order; seri: per measure one number per bar of ``bagian``.
        kedatangan: papers that came: numbered applications and those returned at the counter.
        kembali: how many times papers went back, alasan: by reason code (a return may name several), most first.
    """

    masa: Masa
    at: datetime
    berjalan: bool
    angka: tuple[Angka, ...]
    desa: tuple[BarisDesa, ...]
    layanan: tuple[BarisLayanan, ...]
    kedatangan: int
    kembali: int
    kembali_lalu: float | None
    alasan: tuple[tuple[str, int], ...]
    petugas: tuple[OfficerWork, ...]
    nama_petugas: Mapping[str, str]
    surat: tuple[tuple[str, int], ...]
    bagian: tuple[tuple[int, str], ...]
    seri: Mapping[str, tuple[int, ...]]
    wajib: Wajib | None = None

    def nilai(self, kunci: str) -> Angka:
        return next((a for a in self.angka if a.kunci == kunci), Angka(kunci, LP(), LP()))

    @property
    def bagian_kembali(self) -> float | None:
        """Returns in proportion to the papers that came; None where none came."""
        return share(self.kembali, self.kedatangan)


def period(desk: Desk, jenis: str, on: date | None = None) -> Masa:
    """The period a day lies in; today's without one. Raises BadInput ``report.period``."""
    return Masa.of(jenis, on or today(desk))


def laporan(desk: Desk, actor: Actor, masa: Masa) -> Laporan:
    """All counts of the period, each beside that of the period before. Raises NotAllowed."""
    require(actor, "view_reports")
    now = desk.clock.now()

    def gather(view: View) -> Laporan:
        found, before = _Counted(desk, view, masa, now), _Counted(desk, view, masa.sebelum(), now)
        return found.report(before)

    return desk.register.read(gather)


class _Counted:
    """Everything of one period, asked once."""

    def __init__(self, desk: Desk, view: View, masa: Masa, now: datetime) -> None:
        self.desk, self.view, self.masa = desk, view, masa
        self.kantor = desk.sop.kantor
        self.since, self.until = masa.bounds(self.kantor.zona_waktu)
        self.offset = masa.offset_s(self.kantor.zona_waktu)
        self.running = now < self.until
        self.at = min(self.until, now + TICK)
        self.did = {m: view.tally(m, self.since, self.until, self.offset) for m in
                    ("masuk", "perekaman", "pencetakan", "pengambilan", "surat_diserahkan")}
        self.stood = view.tally_at(self.at, self.offset)
        self.outcomes = view.outcomes(self.since, self.until)
        self.letters = view.letter_tally(self.since, self.until)

    def figures(self) -> tuple[Angka, ...]:
        printed = by_kind(self.did["pencetakan"])
        made = [Angka("masuk", all_of(self.did["masuk"])), Angka("perekaman", all_of(self.did["perekaman"]))]
        kinds = by_kind(self.did["perekaman"])
        made += [Angka(key, kinds.get(kind, LP()), tingkat=1) for kind, key in RECORDING_KINDS.items()]
        if self._has(Stage.CETAK_ENCODE) or printed:
            made += [Angka("cetak_baik", printed.get("baik", LP())), Angka("cetak_rusak", printed.get("rusak", LP()))]
            made += [Angka("cetak_proses", printed["proses"])] if "proses" in printed else []
            made += [Angka("pengambilan", all_of(self.did["pengambilan"]))]
        if self._has(Stage.SERAH_SURAT) or self.letters or self.did["surat_diserahkan"]:
            made += [Angka("surat_terbit", all_of(self.letters)), Angka("surat_diserahkan", all_of(self.did["surat_diserahkan"]))]
        made += [Angka(key, self._outcome(key)) for key in ("dikembalikan", "dikembalikan_loket", "ditolak", "ganda", "batal")]
        return (*made, *self._standing())

    def _standing(self) -> list[Angka]:
        """How things stood at the end; lines an office cannot have are left out unless there is something in them."""
        kinds = by_kind(self.stood)
        card, letters = self._has(Stage.CETAK_ENCODE), self._has(Stage.SERAH_SURAT)
        possible = {"menunggu_prr": card, "sisa_prr": card, "menunggu_usia": card, "belum_diambil": card, "surat_menunggu": letters}
        made = [Angka(key, kinds.get(kind, LP()), keadaan=True) for kind, key in STANDING_KINDS.items()
                if possible.get(kind, True) or kinds.get(kind)]
        made.append(Angka("belum_terkirim", LP(lain=self.view.unsent_at(self.at)), keadaan=True, sex=False))
        if card:
            made.append(Angka("sisa_blangko", LP(lain=self.view.blangko_stock_at(self.at)), keadaan=True, sex=False))
        return made

    def _has(self, stage: Stage) -> bool:
        return any(stage in step.stages for step in self.desk.sop.langkah)

    def _outcome(self, key: str) -> LP:
        return total(lp(o.kelamin, o.count) for o in self.outcomes if outcome_key(o) == key)

    def returns(self) -> int:
        return self._outcome("dikembalikan").total + self._outcome("dikembalikan_loket").total

    def arrivals(self) -> int:
        return all_of(self.did["masuk"]).total + self._outcome("dikembalikan_loket").total

    # -- tables -----------------------------------------------------------------------------------------------------------------

    def villages(self, listed: Sequence[Tally]) -> tuple[BarisDesa, ...]:
        own = office_villages(self.desk)
        must = [r for r in listed if r.kind != "belum_wajib"]
        good = [r for r in self.did["pencetakan"] if r.kind == "baik"]
        ready = [r for r in self.stood if r.kind == "sisa_prr"]
        parts = [self._per_village(own, rows) for rows in (
            self.did["masuk"], self.did["perekaman"], good, self.did["pengambilan"], ready, must,
            [r for r in must if r.kind == "wajib_belum_rekam"])]
        order = village_order(own, (r.desa for rows in (*self.did.values(), self.stood, listed) for r in rows))
        return tuple(BarisDesa(name, *(p.get(name, LP()) for p in parts[:5]), *((p.get(name, LP()) for p in parts[5:]) if listed else ()))
                     for name in order)

    @staticmethod
    def _per_village(own: Sequence[str], rows: Sequence[Tally]) -> dict[str, LP]:
        return summed((village_of(own, r.desa), lp(r.kelamin, r.count)) for r in rows)

    def services(self) -> tuple[BarisLayanan, ...]:
        """Services the office offers, zeros shown, and any other that occurred."""
        good = [r for r in self.did["pencetakan"] if r.kind == "baik"]
        parts = [summed((r.layanan, lp(r.kelamin, r.count)) for r in rows) for rows in (
            self.did["masuk"], self.did["perekaman"], good, self.did["pengambilan"])]
        parts.append(summed((o.layanan, lp(o.kelamin, o.count)) for o in self.outcomes
                            if o.event in ("ApplicationReturned", "ReturnedAtCounter") and o.layanan))
        offered = {str(x.layanan) for x in self.desk.sop.layanan}
        wanted = [str(x) for x in Layanan if str(x) in offered or any(str(x) in p for p in parts)]
        return tuple(BarisLayanan(code, named(SERVICE_NAMES, code), *(p.get(code, LP()) for p in parts)) for code in wanted)

    @staticmethod
    def duty(listed: Sequence[Tally]) -> Wajib | None:
        if not listed:
            return None
        kinds = by_kind(listed)
        parts = [kinds.get(k, LP()) for k in ("wajib_rekam", "wajib_belum_rekam", "wajib_tidak_diketahui")]
        return Wajib(total(parts), *parts)

    def report(self, before: _Counted) -> Laporan:
        listed = self.view.residents((self.masa.akhir - timedelta(days=1)).isoformat())
        per = self.view.counts_per(self.masa.unit, self.since, self.until, self.offset)
        bars = self.masa.parts(self.kantor, (n for counts in per.values() for n in counts))
        reasons = summed((reason, LP(lain=count)) for reason, count in split_reasons(
            (o.reason, o.count) for o in self.outcomes if o.event in ("ApplicationReturned", "ReturnedAtCounter")))
        return Laporan(
            masa=self.masa, at=self.at, berjalan=self.running, angka=with_before(self.figures(), before.figures()),
            desa=self.villages(listed), layanan=self.services(), kedatangan=self.arrivals(), kembali=self.returns(),
            kembali_lalu=share(before.returns(), before.arrivals()),
            alasan=tuple(sorted(((k, v.total) for k, v in reasons.items()), key=lambda x: (-x[1], x[0]))),
            petugas=tuple(self.view.officer_work(self.since, self.until)),
            nama_petugas={u.username: u.nama for u in self.view.users()},
            surat=tuple((kind, value.total) for kind, value in by_kind(self.letters).items()), bagian=bars,
            seri={measure: tuple(counts.get(n, 0) for n, _ in bars) for measure, counts in per.items()}, wajib=self.duty(listed))


def office_villages(desk: Desk) -> tuple[str, ...]:
    """Villages of the office by name: of its district, or of all districts of a regency."""
    regions, kode = desk.regions(), desk.sop.kantor.kode_wilayah
    found = regions.villages(kode) or tuple(v for d in regions.children(kode) for v in regions.villages(d.code))
    return tuple(sorted(set(found)))


def by_kind(rows: Sequence[Tally]) -> dict[str, LP]:
    return summed((r.kind, lp(r.kelamin, r.count)) for r in rows)


def all_of(rows: Sequence[Tally]) -> LP:
    return total(lp(r.kelamin, r.count) for r in rows)


def outcome_key(o: Outcome) -> str:
    """Which figure an event belongs to; a refusal as duplicate keeps the application open."""
    if o.event == "ApplicationRejected":
        return "ganda" if o.reason == "data_ganda" else "ditolak"
    return {"ApplicationReturned": "dikembalikan", "ReturnedAtCounter": "dikembalikan_loket", "DuplicateNoticed": "ganda",
            "ApplicationVoided": "batal"}[o.event]


# -- times -------------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class LangkahWaktu:
    """One printed step under one mutu baku. ``sop_lama``: of a version that no longer begins applications."""

    nomor: int
    judul: str
    limit_s: float | None
    times: Times | None
    sop_lama: bool = False
    layanan: str = ""

    @property
    def tepat(self) -> float | None:
        return share(self.times.within, self.times.limited) if self.times else None


@dataclass(frozen=True, slots=True)
class Waktu:
    """Times of a period.

    ``langkah`` all services together, ``langkah_layanan`` per service; ``jasa`` whole services under a minute standard (limit, times);
    ``hari`` under a working-day standard; ``jeda`` the pauses that ended in the period; ``rekam`` captures by device and operator.
    """

    masa: Masa
    langkah: tuple[LangkahWaktu, ...]
    langkah_layanan: tuple[LangkahWaktu, ...]
    jasa: tuple[tuple[float | None, Times], ...]
    jasa_layanan: tuple[Times, ...]
    hari: tuple[LayananHari, ...]
    jeda: tuple[PauseTimes, ...]
    rekam: tuple[CaptureFigures, ...]
    nama_petugas: Mapping[str, str]

    @property
    def tepat(self) -> tuple[int, int]:
        """(within, measured) of whole services: minute standards and, where there are none, working days."""
        measured = sum(t.limited for _, t in self.jasa)
        if measured:
            return sum(t.within for _, t in self.jasa), measured
        return (self.hari[0].tepat, self.hari[0].count) if self.hari else (0, 0)


def waktu(desk: Desk, actor: Actor, masa: Masa, *, rekam: bool = True) -> Waktu:
    """Times of everything finished in the period; ``rekam`` False leaves the captures out (they are read from the audit).

    Raises NotAllowed.
    """
    require(actor, "view_reports")
    since, until = masa.bounds(desk.sop.kantor.zona_waktu)
    digests = desk.register.read(lambda v: tuple(v.sop_digests()))
    versions = [desk.sop, *(desk.sop_of(d) for d in digests if d != desk.sop.digest)]
    titles, groups = _groups(versions)

    def gather(view: View) -> Waktu:
        times, whole = view.step_times(since, until, groups), view.service_times(since, until)
        steps = {t.key: t for t in times if not t.layanan}
        in_days = any(s.mutu.jenis == "hari_kerja" for s in versions)
        dated = [Janji(d.layanan, d.complete_at, d.finished_at, d.due_at, d.pauses)
                 for d in (view.dated_services(since, until) if in_days else ())]
        return Waktu(
            masa, tuple(LangkahWaktu(n, j, limit, steps.get(key), old) for key, (n, j, limit, old) in titles.items()
                        if key in steps or not old),
            tuple(LangkahWaktu(*titles[t.key][:3], t, titles[t.key][3], t.layanan) for t in times if t.layanan),
            tuple((_limit(desk.sop_of(t.key)), t) for t in whole if not t.layanan), tuple(t for t in whole if t.layanan),
            day_standard(dated, desk.sop.kantor, desk.holidays(), desk.extra_open()), tuple(view.pause_times(since, until)),
            tuple(view.capture_figures(since, until)) if rekam else (), {u.username: u.nama for u in view.users()})

    return desk.register.read(gather)


def _groups(versions: Sequence[Sop]) -> tuple[dict[str, tuple[int, str, float | None, bool]], dict[str, str]]:
    """Steps of several SOP versions that are the same (number, title, mutu baku) become one line."""
    titles: dict[str, tuple[int, str, float | None, bool]] = {}
    groups: dict[str, str] = {}
    for i, sop in enumerate(versions):
        for step in sop.langkah:
            key = f"{step.nomor}|{step.judul}|{step.limit_s}"
            titles.setdefault(key, (step.nomor, step.judul, step.limit_s, i > 0))
            groups[f"{sop.digest}:{step.nomor}"] = key
    return titles, groups


def _limit(sop: Sop) -> float | None:
    """Seconds of handling allowed for a whole service; None where the standard is in working days."""
    if sop.mutu.jenis == "menit":
        return sop.mutu.nilai * 60 if sop.mutu.nilai else sop.total_s() or None
    return sop.total_s() or None


# -- queues ------------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Tertunda:
    """What waits now: applications by reason, packets by cause."""

    at: datetime
    menunggu: tuple[Waits, ...]
    paket: tuple[Waits, ...]


def tertunda(desk: Desk, actor: Actor) -> Tertunda:
    """Raises NotAllowed."""
    require(actor, "view_reports")
    now = desk.clock.now()
    return desk.register.read(lambda v: Tertunda(now, tuple(v.waiting(now)), tuple(v.packet_ages(now))))
