"""Register: search with filters, one application's dossier in words, its papers, exports and voids. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from ktpel_kiosk.desk import approvals, audit_code, books, intake, letters, queries
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.book_layouts import condition_text
from ktpel_kiosk.desk.papers import file_stem
from ktpel_kiosk.domain.approval import ApprovalState
from ktpel_kiosk.domain.errors import NotAllowed, NotFound
from ktpel_kiosk.domain.ledgers import Letter, Pause
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import MONTHS, date_long, mask_nik, mask_phone, month_year, number_text, time_text, zone
from ktpel_kiosk.ports.register import Approval, ListItem, Query, ScannedDocument, View
from ktpel_kiosk.ui.presenters.board import PAGE_OF_STAGE
from ktpel_kiosk.ui.presenters.session import Session, brief, clock_text, day_month, duration_words, number_short
from ktpel_kiosk.ui.presenters.work import biodata_rows
from ktpel_kiosk.ui.words import word

PAGE_ROWS = 200
COUNT_LIMIT = 1000
"""Matches are counted up to here: nobody looks through more, and the answer stays immediate in a register of ten years."""
LONG_S = 100 * 3600
"""Times longer than this are told in days: the column has room for five characters."""
PERIODS: tuple[tuple[str, str], ...] = (
    ("", "Tanggal: semua"), ("hari", "Hari ini"), ("7hari", "7 hari terakhir"), ("bulan", "Bulan ini"), ("lalu", "Bulan lalu"),
    ("tahun", "Tahun ini"),
)
STATES: tuple[tuple[str, str], ...] = (
    ("", "Tahap: semua"), ("stage:verifikasi,validasi", "Verifikasi & validasi"), ("stage:rekam,kirim", "Rekam"),
    ("stage:menunggu_prr", "Menunggu PRR"), ("stage:cek_cetak,cetak_encode", "Siap cetak"),
    ("stage:aktivasi,serah_loket,serah_pemohon,terbit_surat,serah_surat", "Siap diambil"), ("keadaan:selesai", "Diserahkan"),
    ("keadaan:dikembalikan", "Dikembalikan"), ("keadaan:menunggu_usia", "Menunggu usia 17"), ("keadaan:ganda", "Data ganda"),
    ("keadaan:ditolak", "Ditolak"), ("keadaan:batal", "BATAL"),
)
TONES: dict[str, str] = {
    Stage.MENUNGGU_PRR: "attention", Stage.CEK_CETAK: "good", Stage.CETAK_ENCODE: "good", Stage.AKTIVASI: "good",
    Stage.SERAH_LOKET: "good", Stage.SERAH_PEMOHON: "good", Stage.TERBIT_SURAT: "good", Stage.SERAH_SURAT: "good",
}
STATE_TONES: dict[str, str] = {
    Keadaan.DIKEMBALIKAN: "trouble", Keadaan.DITOLAK: "trouble", Keadaan.GANDA: "trouble", Keadaan.MENUNGGU_USIA: "attention",
    Keadaan.SELESAI: "good", Keadaan.BATAL: "neutral", Keadaan.DRAF: "neutral",
}
APPROVAL_WORDS = {
    "paraf": "Paraf", "validasi": "Validasi", "tanda_tangan_pemohon": "Tanda tangan pemohon", "pengesahan_operator": "Pengesahan operator",
    "pengecualian": "Pengecualian", "paksa": "Terima di bawah batas", "tetap_pakai": "Tetap dipakai walau serupa",
    "kartu_rusak": "Kartu rusak",
}
PAPER_WORDS = {
    "tanda_terima": "Tanda terima", "lembar_ceklis": "Lembar ceklis", "lembar_verifikasi": "Lembar verifikasi",
    "pengembalian": "Lembar pengembalian berkas", "penolakan": "Lembar penolakan", "bukti_pengambilan": "Bukti pengambilan",
    "surat_pengantar": "Surat Pengantar", "surat_keterangan_perekaman": "Surat Keterangan Perekaman",
}

@dataclass(frozen=True, slots=True)
class Filter:
    """What the search line and its choices ask for; ``period`` and ``state`` are keys of PERIODS and STATES."""

    text: str = ""
    period: str = ""
    layanan: str = ""
    state: str = ""
    desa: str = ""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    id: str
    number: str
    date: str
    name: str
    nik: str
    service: str
    village: str
    officer: str
    state: str
    tone: str
    time: str
    void: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The first matches. ``count`` is not exact above COUNT_LIMIT."""

    count: int
    total: int
    rows: tuple[RegisterRow, ...]

    @property
    def exact(self) -> bool:
        return self.count <= COUNT_LIMIT or self.count == self.total

    @property
    def line(self) -> str:
        if self.count == self.total:
            return f"{number_text(self.total)} permohonan"
        if not self.exact:
            return f"lebih dari {number_text(COUNT_LIMIT)} dari {number_text(self.total)}"
        return f"{number_text(self.count)} dari {number_text(self.total)}"

    def counted(self, count: int) -> str:
        """The line once all matches are counted."""
        return f"{number_text(count)} dari {number_text(self.total)}"


@dataclass(frozen=True, slots=True)
class StepFacts:
    title: str
    who: str
    state: str
    tone: str
    time: str


@dataclass(frozen=True, slots=True)
class PaperFacts:
    id: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """One numbered letter of the buku agenda."""

    nomor: str
    title: str
    detail: str
    void: bool


@dataclass(frozen=True, slots=True)
class DossierView:
    """A dossier in the words of the screen. ``go_page`` opens the page of its stage, empty when nothing is left to do."""

    dossier: queries.Dossier
    state: str
    tone: str
    biodata: tuple[tuple[str, str, str], ...]
    steps: tuple[StepFacts, ...]
    papers: tuple[PaperFacts, ...]
    approvals: tuple[tuple[str, str], ...]
    packet: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    letters: tuple[LetterFacts, ...]
    may_issue: tuple[tuple[str, str], ...]
    pauses: tuple[tuple[str, str], ...]
    go_page: str
    go_text: str
    can_void: bool


class RegisterPresenter:
    """All methods touch the register: call them on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    # -- finding ------------------------------------------------------------------------------------------------------

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    def services(self) -> tuple[tuple[str, str], ...]:
        return (("", "Layanan: semua"), *((str(o.layanan), word("layanan_panjang", o.layanan)) for o in self.session.desk.sop.layanan))

    def villages(self) -> tuple[tuple[str, str], ...]:
        kantor = self.session.desk.sop.kantor
        names = self.session.desk.regions().villages(kantor.kode_wilayah)
        return (("", "Desa: semua"), *((n.upper(), n) for n in names))

    def period(self, key: str) -> tuple[datetime | None, datetime | None]:
        """First and last moment of a period of PERIODS, on the office's calendar."""
        today = self.session.today()
        tz = zone(self.session.zona)

        def day(year: int, month: int, on: int) -> datetime:
            return datetime(year, month, on, tzinfo=tz)

        start = day(today.year, today.month, 1)
        before = (start - timedelta(days=1)).replace(day=1)
        return {
            "hari": (self.session.day_start(), None), "7hari": (self.session.day_start() - timedelta(days=6), None),
            "bulan": (start, None), "lalu": (before, start - timedelta(microseconds=1)), "tahun": (day(today.year, 1, 1), None),
        }.get(key, (None, None))

    def query(self, wanted: Filter) -> Query:
        since, until = self.period(wanted.period)
        kind, _, values = wanted.state.partition(":")
        chosen = tuple(values.split(",")) if values else ()
        return Query(
            text=wanted.text, keadaan=chosen if kind == "keadaan" else (Keadaan.BERJALAN,) if kind == "stage" else (),
            stages=chosen if kind == "stage" else (), layanan=(wanted.layanan,) if wanted.layanan else (), since=since, until=until,
            desa=wanted.desa, limit=PAGE_ROWS, count_limit=COUNT_LIMIT)

    def find(self, wanted: Filter) -> Found:
        """The first page of matches, counted up to COUNT_LIMIT. Raises NotAllowed for roles that see no register."""
        require(self.session.actor, "view_register")
        desk, query = self.session.desk, self.query(wanted)
        count, items = queries.search(desk, query)
        total = desk.register.read(lambda v: v.count(Query()))
        return Found(count, total, self._rows(items))

    def page(self, wanted: Filter, limit: int, *, after: str = "", skip: int = 0, backwards: bool = False) -> tuple[RegisterRow, ...]:
        """A page of matches in the order of the list.

        Args:
            after: id of a row to go on from, ``skip`` rows beyond it; empty: from the top, or ``backwards`` from the end.
        """
        require(self.session.actor, "view_register")
        query = replace(self.query(wanted), limit=limit, after=after, offset=skip, newest_first=not backwards)
        items = queries.page(self.session.desk, query)
        return self._rows(items[::-1] if backwards else items)

    def count(self, wanted: Filter) -> int:
        """All matches; takes long for common words in a register of many years."""
        require(self.session.actor, "view_register")
        query = replace(self.query(wanted), count_limit=0)
        return self.session.desk.register.read(lambda v: v.count(query))

    def _rows(self, items: Sequence[ListItem]) -> tuple[RegisterRow, ...]:
        officers = self.session.desk.register.read(lambda v: {u.username: u.nama for u in v.users()})
        now = self.session.now()
        return tuple(self._row(i, officers, now) for i in items)

    def _row(self, i: ListItem, officers: Mapping[str, str], now: datetime) -> RegisterRow:
        local = self.session.local(i.created_at)
        state, tone = state_chip(i.keadaan, i.stage, i.pause_reason)
        used = i.active_s + ((now - i.running_since).total_seconds() if i.running_since else 0.0)
        timed = i.keadaan not in (Keadaan.BATAL, Keadaan.DIKEMBALIKAN, Keadaan.DITOLAK) and used >= 1
        when = time_text(local) if local.year == self.session.local(now).year else str(local.year)
        return RegisterRow(
            i.id, number_short(i.nomor_register) if i.nomor_register else "–", f"{day_month(local.date())} {when}", i.nama,
            mask_nik(i.nik), word("layanan", i.layanan), i.desa.title(), short_name(officers.get(i.petugas, i.petugas)), state, tone,
            "—" if not timed else brief(used) if used >= LONG_S else clock_text(used), i.keadaan == Keadaan.BATAL)

    # -- one application ----------------------------------------------------------------------------------------------

    def open(self, permohonan_id: str) -> DossierView:
        require(self.session.actor, "view_register")
        desk = self.session.desk
        d = queries.dossier(desk, permohonan_id, check=True)
        officers, sent, pauses, old = desk.register.read(lambda v: (
            {u.username: u.nama for u in v.users()}, tuple(v.letters_of(permohonan_id)), tuple(v.pauses(permohonan_id)),
            self._old_card(v, d)))
        p, tahap = d.permohonan, d.permohonan.current()
        state, tone = state_chip(p.keadaan, tahap.stage if tahap else "", tahap.pause_reason if tahap else "")
        page = PAGE_OF_STAGE.get(tahap.stage, "") if tahap is not None and p.keadaan is Keadaan.BERJALAN else ""
        page = "loket" if p.keadaan is Keadaan.DIKEMBALIKAN else page
        return DossierView(
            d, state, tone, self._biodata(p), self._steps(d, officers), self._papers(d.documents, {x.kind for x in sent}),
            tuple(self._approval(a, officers, d.states.get(a.id)) for a in d.approvals), self._packet(d), (*self._notes(p), *old),
            tuple(self._letter(x) for x in sent), self._may_issue(p, sent), tuple(self._pause(x) for x in pauses),
            page, f"Buka di {page.title()}" if page else "",
            self.may("void_application") and p.keadaan not in (Keadaan.SELESAI, Keadaan.BATAL) and d.packet is None)

    @staticmethod
    def _biodata(p: Permohonan) -> tuple[tuple[str, str, str], ...]:
        """(field, label, value); NIK and phone masked (presenters/looking.py shows them)."""
        rows = [(field, title, mask_nik(p.penduduk.nik) if field == "nik" else value) for field, title, value in biodata_rows(p.penduduk)]
        return (*rows, ("nomor_hp" if p.nomor_hp else "", "Nomor HP", mask_phone(p.nomor_hp) if p.nomor_hp else "–"))

    def _steps(self, d: queries.Dossier, officers: Mapping[str, str]) -> tuple[StepFacts, ...]:
        return tuple(self._step(d, s, officers) for s in d.steps)

    def _step(self, d: queries.Dossier, s: queries.StepView, officers: Mapping[str, str]) -> StepFacts:
        parts = [t for t in d.permohonan.tahap if t.nomor == s.langkah.nomor]
        done = max((t.finished_at for t in parts if t.finished_at), default=None)
        actors = dict.fromkeys(short_name(officers.get(t.actor, t.actor)) for t in parts if t.actor and t.actor != "siak")
        who = ", ".join(actors)
        if s.state == "selesai" and done is not None:
            local = self.session.local(done)
            who = f"{who} · {day_month(local.date())} {time_text(local)}".strip(" ·")
        used = clock_text(s.used_s) if s.used_s else ""
        limit = f" / {clock_text(s.langkah.limit_s)}" if s.langkah.limit_s and used else ""
        paused = f" · jeda {brief(s.paused_s) if s.paused_s >= 86400 else clock_text(s.paused_s)}" if s.paused_s >= 60 else ""
        state, tone = {
            "selesai": ("selesai", "good"), "aktif": ("berjalan", "accent"), "dilewati": ("dilewati", "neutral"),
            "jeda": (word("jeda", s.pause_reason) if s.pause_reason else "jeda", "attention"),
        }.get(s.state, ("belum", ""))
        if s.share > 1:
            state, tone = ("lewat waktu", "trouble") if s.state == "aktif" else ("selesai, lewat waktu", "attention")
        if d.permohonan.keadaan is Keadaan.BATAL and s.state not in ("selesai", "dilewati"):
            state, tone = "–", ""
        return StepFacts(f"{s.langkah.nomor}. {s.langkah.judul}", who, state, tone, f"{used}{limit}{paused}")

    def _papers(self, documents: tuple[ScannedDocument, ...], numbered: set[str]) -> tuple[PaperFacts, ...]:
        """Papers and scans; what only serves the card is not shown, letters of the buku agenda stand apart."""
        shown = [x for x in documents if not x.kind.startswith("kartu.") and x.kind not in numbered]
        return tuple(PaperFacts(x.id, x.title or PAPER_WORDS.get(x.kind, x.kind.replace("_", " ").capitalize()), self._stamp(x.created_at))
                     for x in shown)

    def _stamp(self, at: datetime) -> str:
        local = self.session.local(at)
        return f"{day_month(local.date())} {local.year}, {time_text(local, self.session.zona)}"

    def _approval(self, a: Approval, officers: Mapping[str, str], state: ApprovalState | None = None) -> tuple[str, str]:
        twice = " · petugas yang sama dua kali" if a.second_same_officer else ""
        note = f" · {a.note}" if a.note else ""
        who = f" · {officers[a.officer].split(',')[0]}" if a.officer in officers else ""
        worth = f" · {word('paraf', state)}" if state is not None else ""
        return f"{APPROVAL_WORDS.get(a.kind, a.kind)}{who}", f"{self._stamp(a.at)}{worth}{twice}{note}"

    def _packet(self, d: queries.Dossier) -> tuple[tuple[str, str], ...]:
        if d.packet is None:
            return ()
        k = d.packet
        rows = [("Keadaan", word("paket", k.state)), ("Disegel", self._stamp(k.sealed_at)),
                ("Ukuran", size_text(k.size)), ("Sidik berkas", f"{k.sha256[:8]}…{k.sha256[-8:]}")]
        if k.received_at:
            rows.insert(2, ("Diterima pusat", self._stamp(k.received_at)))
        return tuple(rows)

    def _letter(self, x: Letter) -> LetterFacts:
        void = f" · BATAL: {x.void_reason}" if x.void_reason else ""
        return LetterFacts(x.nomor, PAPER_WORDS.get(x.kind, x.kind), f"{x.nomor} · {self._stamp(x.at)}{void}", bool(x.void_reason))

    def _may_issue(self, p: Permohonan, sent: tuple[Letter, ...]) -> tuple[tuple[str, str], ...]:
        """Letters this officer could issue now: recorded, and no valid one of the kind yet."""
        if not self.may("issue_letter") or not letters.can_have_letter(p):
            return ()
        valid = {x.kind for x in sent if not x.void_reason}
        return tuple((kind, title) for kind, title in letters.LETTERS if kind not in valid)

    def _pause(self, x: Pause) -> tuple[str, str]:
        title = f"{word('stage', x.stage)}: {word('jeda', x.reason)}"
        return title, f"{self._stamp(x.began_at)} · {duration_words((x.ended_at - x.began_at).total_seconds())}"

    @staticmethod
    def _old_card(v: View, d: queries.Dossier) -> tuple[str, ...]:
        """What became of the old card taken back at the handover."""
        if d.handover is None or not d.handover.old_card_withdrawn:
            return ()
        at = d.handover.at
        found = next((x for x in v.withdrawn_in(at - timedelta(seconds=5), at + timedelta(seconds=5))
                      if x[0].permohonan_id == d.permohonan.id), None)
        if found is None:
            return ()
        card, burned = found
        after = f"dimusnahkan dengan berita acara {burned.nomor}" if burned else "menunggu dimusnahkan"
        return (f"KTP-el lama ditarik ({condition_text(card.kondisi).lower()}), {after}.",)

    @staticmethod
    def _notes(p: Permohonan) -> tuple[str, ...]:
        notes = [w.text for w in p.warnings]
        if p.keadaan is Keadaan.BATAL:
            notes.insert(0, f"Dibatalkan: {p.note}")
        if p.keadaan is Keadaan.DIKEMBALIKAN:
            reasons = ", ".join(word("kembali", r).lower() for r in p.return_reasons)
            notes.insert(0, f"Dikembalikan: {reasons}. {p.note}".strip())
        if p.menunggu_hingga:
            notes.insert(0, f"Kartu dapat dicetak mulai {date_long(p.menunggu_hingga)}.")
        return tuple(notes)

    # -- papers -------------------------------------------------------------------------------------------------------

    def _document(self, permohonan_id: str, document_id: str) -> tuple[Permohonan, ScannedDocument]:
        def gather(v: View) -> tuple[Permohonan, ScannedDocument]:
            found = next((x for x in v.documents(permohonan_id) if x.id == document_id), None)
            if found is None:
                raise NotFound("permohonan.not_found")
            return v.permohonan(permohonan_id), found

        return self.session.desk.register.read(gather)

    def paper_name(self, permohonan_id: str, document_id: str) -> str:
        """File name offered when saving."""
        p, found = self._document(permohonan_id, document_id)
        ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}.get(found.media_type, "bin")
        return f"{file_stem(p)}-{found.kind}.{ending}"

    def paper_file(self, permohonan_id: str, document_id: str) -> Path:
        """The paper as a file in the office's documents folder, for the system's viewer."""
        name = self.paper_name(permohonan_id, document_id)
        return self.session.desk.spool.keep(name, self._document(permohonan_id, document_id)[1].data)

    def save_paper(self, permohonan_id: str, document_id: str, path: Path) -> Path:
        self.session.desk.spool.write_file(path, self._document(permohonan_id, document_id)[1].data)
        return path

    # -- acts ---------------------------------------------------------------------------------------------------------

    def void(self, permohonan_id: str, reason: str) -> Permohonan:
        return intake.void_application(self.session.desk, self.session.actor, permohonan_id, reason)

    def years(self) -> tuple[tuple[str, str], ...]:
        this = self.session.today().year
        return tuple((str(y), str(y)) for y in range(this, this - 4, -1))

    @staticmethod
    def months() -> tuple[tuple[str, str], ...]:
        return (("", "Seluruh tahun"), *((str(i), name) for i, name in enumerate(MONTHS, 1)))

    def this_month(self) -> str:
        return month_year(self.session.today())

    def file_name(self, book: str, format: str, year: int, month: int | None) -> str:
        """``Register-Permohonan-Tempeh-2026-11.xlsx``."""
        k = self.session.desk.sop.kantor
        place = (k.kecamatan or k.kabupaten).title().replace(" ", "-")
        return f"Register-{book.replace('_', '-').title()}-{place}-{year}{f'-{month:02d}' if month else ''}.{format}"

    def export(self, book: str, format: str, path: Path, year: int, month: int | None, full_nik: bool, reason: str,
               second: str = "", password: str = "") -> tuple[Path, str]:
        """(path, SHA-256) of the written book."""
        if not self.may("export_register"):
            raise NotAllowed("access.use_case", use_case="export_register", roles=",".join(sorted(PERMISSIONS["export_register"])))
        digest = books.export_register(self.session.desk, self.session.actor, book, format, path, year=year, month=month,
                                       full_nik=full_nik, reason=reason, second_username=second, second_password=password)
        return path, digest

    def verify(self) -> str:
        """Sentence on the audit chain and on every approval's signature."""
        result = books.verify_register(self.session.desk, self.session.actor)
        if result.whole:
            signed = approvals.sentence_of(approvals.check_all(self.session.desk, self.session.actor))
            return f"Register utuh: {number_text(result.length)} catatan dan {number_text(result.rows)} baris terperiksa. {signed}"
        if result.broken_at is None:
            first = audit_code.check_text(result)[2].strip()
            return f"{number_text(len(result.faults))} baris register berbeda dari audit: {first}. Jangan ubah apa pun; hubungi pengelola."
        return f"Rantai catatan terputus di nomor {number_text(result.broken_at or 0)}. Jangan ubah apa pun; hubungi pengelola."


def state_chip(keadaan: str, stage: str, pause_reason: str) -> tuple[str, str]:
    """Word and tone of where an application stands."""
    if keadaan != Keadaan.BERJALAN:
        return word("keadaan", keadaan), STATE_TONES.get(keadaan, "neutral")
    if stage == Stage.MENUNGGU_PRR and pause_reason == "jaringan":
        return "Belum terkirim", "attention"
    return word("stage", stage), TONES.get(stage, "accent")


def short_name(nama: str) -> str:
    """``Rina W.`` of ``Rina Wulandari``; one word stays."""
    parts = nama.split(",")[0].split()
    return f"{parts[0]} {parts[1][0]}." if len(parts) > 1 else nama


def size_text(size: int) -> str:
    """``412 kB`` or ``1,2 MB``."""
    return f"{number_text(size / 1_000_000, 1)} MB" if size >= 1_000_000 else f"{number_text(max(1, size / 1000))} kB"
