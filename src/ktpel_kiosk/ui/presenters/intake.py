"""Loket: services, live NIK check, the form's problems, checklist, drafts, registration. Qt-free."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from ktpel_kiosk.desk import drafts, eligible, intake, population, queries, slips
from ktpel_kiosk.desk.access import stage_roles
from ktpel_kiosk.desk.eligible import Override, RecordedBefore
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import FIELD_LABELS, LIFELONG, age_at, make_penduduk, penduduk_to_dict, problems_of
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.domain.nik import nik_so_far, normalise_nik, structural_issues
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import ChecklistItem, Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.domain.text import date_card, number_text, parse_date, phone_e164, phone_local
from ktpel_kiosk.ports.register import ListItem, Query
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

PENDUDUK_FIELDS: tuple[str, ...] = (
    "nik", "nama", "no_kk", "tempat_lahir", "tanggal_lahir", "jenis_kelamin", "golongan_darah", "alamat", "rt", "rw", "desa",
    "kecamatan", "kabupaten", "provinsi", "agama", "status_perkawinan", "pekerjaan", "kewarganegaraan", "berlaku_hingga", "kode_pos",
)
OVERRIDABLE: dict[str, str] = {
    "hours.closed": "Di luar jam layanan", "recorded.before": "Sudah pernah direkam", "nik.N03": "NIK tidak lazim",
}
"""Refusals a superior may lift, and what is asked of the superior."""
CODE_FIELDS = ("golongan_darah", "agama", "status_perkawinan", "pekerjaan")
LABELS = FIELD_LABELS


@dataclass(frozen=True, slots=True)
class NikFeedback:
    """The line under the NIK and, where there is one, the warning below. ``born``: ``05-02-2008``; ``sex``: L, P or empty.

    ``district``: of the NIK, where the office serves several and this is one of them.
    """

    line: str
    state: str
    warning_bold: str = ""
    warning: str = ""
    blocked: bool = False
    sex: str = ""
    born: str = ""
    open_id: str = ""
    prefill: dict[str, object] = field(default_factory=dict)
    recorded: RecordedBefore | None = None
    district: str = ""


@dataclass(frozen=True, slots=True)
class CheckLine:
    kode: str
    text: str
    required: bool
    fixed: bool = False
    present: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something the form still needs. ``paper``: a checklist line, else a field; ``name``: its code; ``empty``: not filled."""

    name: str
    title: str
    told: str
    paper: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What stands on the form beside biodata and papers."""

    layanan: Layanan
    values: dict[str, str]
    ada: frozenset[str]
    key: str = ""
    varian: str = ""
    sudah_rekam: str = ""
    place: str = ""
    kuasa: str = ""
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """The outcome of the counter's act."""

    permohonan: Permohonan
    numbered: bool
    printed: bool
    print_trouble: str = ""


def printed_words(paper: str, printed: bool, trouble: str) -> tuple[str, str]:
    """Tone and sentence for the outcome of :meth:`IntakePresenter.print_paper`; ``paper`` begins the sentence."""
    if printed:
        return ("attention", f"{paper} dicetak di A4. {trouble}") if trouble else ("good", f"{paper} dicetak.")
    return "attention", f"{paper} tersimpan, belum tercetak. {trouble}".strip()


def form_values(p: Penduduk) -> dict[str, object]:
    """Biodata as the form shows it: dates as on the card, no SEUMUR HIDUP."""
    until = "" if p.berlaku_hingga == LIFELONG else date_card(date.fromisoformat(p.berlaku_hingga))
    return {**penduduk_to_dict(p), "tanggal_lahir": date_card(p.tanggal_lahir), "berlaku_hingga": until}


class IntakePresenter:
    """Methods that touch the desk may block shortly: call them on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._draft_turn = threading.Lock()
        self._taken_in: set[str] = set()
        self._newest: dict[str, int] = {}

    def services(self) -> tuple[tuple[Layanan, str], ...]:
        return tuple((offer.layanan, word("layanan_panjang", offer.layanan)) for offer in self.session.desk.sop.layanan)

    def variants(self, layanan: Layanan) -> tuple[tuple[str, str], ...]:
        """(code, name) of the kinds of a service, the usual one first; empty where there is only one."""
        offer = self.session.desk.sop.layanan_of(layanan)
        return tuple((v.kode, v.nama[:1].upper() + v.nama[1:]) for v in offer.varian) if offer else ()

    def records(self, layanan: Layanan, varian: str) -> bool:
        """This kind of service may record somebody."""
        offer = self.session.desk.sop.layanan_of(layanan)
        return bool(offer and offer.rekam_of(varian) != "tidak")

    def proxy_allowed(self, layanan: Layanan) -> bool:
        offer = self.session.desk.sop.layanan_of(layanan)
        return bool(offer and offer.kuasa)

    def closed(self) -> str:
        """Why the counter is closed now; empty while it is open."""
        return eligible.closed_sentence(self.session.desk, self.session.now())

    def recording_line(self, layanan: Layanan, varian: str, found: RecordedBefore | None, stated: bool) -> tuple[str, str, bool]:
        """(sentence, tone, may the officer state that the person was recorded before)."""
        offer = self.session.desk.sop.layanan_of(layanan)
        rekam = offer.rekam_of(varian) if offer else "ya"
        if rekam == "tidak":
            return "Layanan ini tidak merekam lagi; kartu dicetak dari data di pusat.", "muted", False
        if found is None and stated:
            found = RecordedBefore("kartu")
        if found is None:
            return "Belum diketahui pernah direkam; pemohon direkam.", "muted", True
        sentence = eligible.recorded_sentence(self.session.desk, found)
        if rekam == "ya":
            return f"{sentence.partition(';')[0]}. Kembalikan berkas, atau minta izin atasan.", "trouble", found.source == "kartu"
        return sentence, "attention", found.source == "kartu"

    def ask_siak(self, nik: str) -> RecordedBefore | None:
        return eligible.ask_siak(self.session.desk, nik)

    def choices(self, name: str) -> tuple[tuple[int, str], ...]:
        return tuple(codes.code_list(name))

    def villages(self) -> tuple[str, ...]:
        return population.villages(self.session.desk)

    def defaults(self) -> dict[str, str]:
        """What the office already knows of its residents."""
        k = self.session.desk.sop.kantor
        return {"kecamatan": k.kecamatan.upper(), "kabupaten": k.kabupaten.upper(), "provinsi": k.provinsi.upper(),
                "kewarganegaraan": "WNI"}

    def standard(self) -> str:
        """The line at the foot of the checklist."""
        sop = self.session.desk.sop
        value = sop.mutu.nilai
        when = "" if value is None else (
            f" · {number_text(value)} hari kerja sejak dinyatakan lengkap" if sop.mutu.jenis == "hari_kerja"
            else f" · {number_text(value)} menit pelayanan")
        return f"Sesuai {sop.jenis_dokumen or 'SOP'} {sop.kantor.nama} · gratis{when}"

    def check_nik(self, digits: str) -> NikFeedback:
        """Live: nothing while typing, the place and birth hint when whole, warnings of the register."""
        if len(digits) < 16:
            return NikFeedback(nik_so_far(digits, self.session.desk.regions()), "")
        found = intake.check_nik_at_desk(self.session.desk, digits)
        report = found.report
        hard = [i for i in report.errors if not i.overridable]
        if hard:
            return NikFeedback(hard[0].text, "trouble", blocked=True)
        if report.errors:
            return NikFeedback(f"{report.errors[0].text} Hanya diterima dengan izin atasan.", "attention",
                               prefill=self._prefill(digits), recorded=found.recorded)
        bold = warning = ""
        blocked = False
        if found.open_number:
            bold = f"Masih ada permohonan berjalan, nomor {found.open_number}."
            warning, blocked = "Lanjutkan permohonan itu, jangan daftarkan ulang.", True
        elif report.warnings:
            warning = report.warnings[0].text
        sex = report.sex.value if report.sex else ""
        born = date_card(report.birth_hint) if report.birth_hint else ""
        prefill = self._prefill(digits)
        return NikFeedback(report.summary, "good", bold, warning, blocked, sex, born, found.open_id, prefill, found.recorded,
                           self._district(digits))

    def _district(self, digits: str) -> str:
        """The district a NIK begins with; an office of one district knows its own, and one of elsewhere tells nothing of the address."""
        desk = self.session.desk
        kantor = desk.sop.kantor
        own = kantor.kode_wilayah.replace(".", "")[:4]
        return desk.regions().district(digits).upper() if not kantor.kecamatan and own and digits[:4] == own else ""

    def _prefill(self, digits: str) -> dict[str, object]:
        """The form's fields as the population list knows them."""
        entry = population.find(self.session.desk, digits)
        if entry is None:
            return {}
        return {**form_values(entry.penduduk), "nik": digits}

    def problems(self, values: dict[str, str]) -> dict[str, str]:
        """Sentence per wrong field."""
        found = {p.field: p.text for p in problems_of(today=self.session.today(), **self._clean(values))}
        if "nik" in found and self._only_overridable(values.get("nik", "")):
            del found["nik"]
        if values.get("nomor_hp"):
            try:
                phone_e164(values["nomor_hp"])
            except BadInput:
                found["nomor_hp"] = "Nomor HP belum benar. Contoh: 0812 3456 7890."
        return found

    def missing(self, values: dict[str, str], papers: Iterable[tuple[str, str, bool]]) -> tuple[Missing, ...]:
        """What stands between this form and its tanda terima, in the order of the page: fields, then papers (code, text, there)."""
        found = self.problems(values)
        order = ("nik", "nomor_hp", *(n for n in PENDUDUK_FIELDS if n != "nik"))
        fields = [Missing(n, LABELS.get(n, "Nomor HP"), found[n], empty=not values.get(n, "").strip()) for n in order if n in found]
        left = [Missing(kode, text, f"{text} belum ada. Centang bila ada, atau kembalikan berkas.", paper=True, empty=True)
                for kode, text, there in papers if not there]
        return (*fields, *left)

    def problem_of(self, name: str, values: dict[str, str]) -> str:
        """What is wrong with one filled field; empty while it is empty or right."""
        return self.problems(values).get(name, "") if values.get(name, "").strip() else ""

    @staticmethod
    def phone_shown(text: str) -> str:
        """A number as people read it (``0812 3456 7890``), or as it was typed where it is none."""
        try:
            return phone_local(phone_e164(text))
        except BadInput:
            return text

    @staticmethod
    def _only_overridable(text: str) -> bool:
        broken = structural_issues(normalise_nik(text))
        return bool(broken) and all(i.overridable for i in broken)

    @staticmethod
    def _clean(values: dict[str, str]) -> dict[str, object]:
        clean: dict[str, object] = {k: values.get(k, "") for k in PENDUDUK_FIELDS if k in values}
        if clean.get("kewarganegaraan", "WNI") == "WNI":
            clean.pop("berlaku_hingga", None)
        return clean

    def penduduk(self, values: dict[str, str]) -> Penduduk:
        """The desk itself asks for the superior where the NIK is an odd one."""
        return make_penduduk(today=self.session.today(), override=frozenset({"N03"}), **self._clean(values))

    def checklist(self, layanan: Layanan, values: dict[str, str], varian: str = "", kuasa: bool = False) -> tuple[CheckLine, ...]:
        """Age first (computed), then the papers of the SOP for this service and person."""
        person: Penduduk | None
        try:
            person = self.penduduk(values)
        except KioskError:
            person = None
        items: tuple[ChecklistItem, ...] = intake.checklist(self.session.desk, layanan, person, varian, kuasa=kuasa)
        offer = self.session.desk.sop.layanan_of(layanan)
        known = {"f107", *(s.kode for s in offer.syarat if self._applies(s.kondisi, values))} if offer else set()
        return (self._age_line(values), *(CheckLine(i.kode, i.teks, i.wajib) for i in items if i.kode in known))

    def _applies(self, kondisi: str, values: dict[str, str]) -> bool:
        """What a half-filled form already decides about a conditional paper."""
        if kondisi == "wna":
            return values.get("kewarganegaraan", "WNI") != "WNI"
        if kondisi == "usia<17":
            try:
                return age_at(parse_date(values.get("tanggal_lahir", "")), self.session.today()) < 17
            except BadInput:
                return True
        return True

    def _age_line(self, values: dict[str, str]) -> CheckLine:
        try:
            born = parse_date(values.get("tanggal_lahir", ""))
        except BadInput:
            return CheckLine("usia", "Berusia 17 tahun atau sudah kawin", True, True, False, "isi tanggal lahir")
        today = self.session.today()
        years = age_at(born, today)
        months = (today.month - born.month - (today.day < born.day)) % 12
        text = f"{years} tahun {months} bulan" if months else f"{years} tahun"
        married = values.get("status_perkawinan") in ("2", "3", "4")
        if years < 17 and not married:
            return CheckLine("usia", "Berusia 16 tahun, kartu dicetak saat 17" if years == 16 else "Berusia 17 tahun atau sudah kawin",
                             True, True, years == 16, text)
        return CheckLine("usia", "Berusia 17 tahun" if years >= 17 else "Sudah kawin", True, True, True, text)

    # -- drafts -------------------------------------------------------------------------------------------------------

    def new_draft(self) -> str:
        """The key of a draft that begins with its first :meth:`keep`; asks no register, so that two calls on their way have the same."""
        return drafts.draft_key(self.session.actor.username, self.session.desk.ids.new())

    def open_draft(self, key: str, actor: Actor) -> None:
        """The draft stands from here; what is typed into it is kept by :meth:`keep`."""
        with self._draft_turn:
            if key not in self._taken_in:
                intake.save_draft(self.session.desk, actor, key, {})

    def keep(self, key: str, form: dict[str, object], actor: Actor, turn: int) -> str:
        """Save the draft for ``actor`` (who typed it, even if the screen was locked meanwhile); returns the time shown.

        Calls may overtake each other on the workers: ``turn`` counts them as they were asked for, an older form never replaces a newer
        one, and a draft whose papers are being taken in does not come back. Empty where nothing was saved.
        """
        with self._draft_turn:
            if key in self._taken_in or turn < self._newest.get(key, 0):
                return ""
            intake.save_draft(self.session.desk, actor, key, form)
            self._newest[key] = turn
        local = self.session.local(self.session.now())
        return f"{local:%H.%M.%S}"

    def drop(self, key: str) -> None:
        intake.drop_draft(self.session.desk, self.session.actor, key)

    def drafts(self) -> dict[str, dict[str, object]]:
        found = intake.drafts(self.session.desk, self.session.actor)
        return {k: f for k, f in found.items() if f.get("nik") or f.get("nama")}

    def returned(self) -> tuple[ListItem, ...]:
        return queries.search(self.session.desk, Query(keadaan=(Keadaan.DIKEMBALIKAN,), limit=50))[1]

    # -- acts ---------------------------------------------------------------------------------------------------------

    @contextmanager
    def _taking_in(self, key: str) -> Iterator[None]:
        with self._draft_turn:  # whoever saves it now comes first
            self._taken_in.add(key)
        try:
            yield
        except BaseException:
            self._taken_in.discard(key)
            raise

    def register(self, w: Wanted) -> Registered:
        """Receive, number (where this officer may), print the tanda terima."""
        desk, actor = self.session.desk, self.session.actor
        with self._taking_in(w.key):
            p = intake.receive_papers(
                desk, actor, w.layanan, self.penduduk(w.values), w.ada, nomor_hp=w.values.get("nomor_hp", ""), draft_key=w.key,
                mobile_place=w.place, varian=w.varian, sudah_rekam=w.sudah_rekam, kuasa=w.kuasa, override=w.override)
        return self.number(p)

    def send_back(self, w: Wanted, reasons: tuple[str, ...], note: str) -> Registered:
        """Keep the application as returned and print its slip."""
        desk, actor = self.session.desk, self.session.actor
        with self._taking_in(w.key):
            p = intake.return_at_counter(
                desk, actor, w.layanan, self.penduduk(w.values), w.ada, reasons, note, nomor_hp=w.values.get("nomor_hp", ""),
                draft_key=w.key, mobile_place=w.place, varian=w.varian, sudah_rekam=w.sudah_rekam, kuasa=w.kuasa, override=w.override)
        return Registered(p, False, *self.print_paper(p.id, "pengembalian"))

    def superiors(self) -> tuple[tuple[str, str], ...]:
        """(username, name) of officers who may let an exception pass."""
        users = self.session.desk.register.read(lambda v: [u for u in v.users() if u.active and eligible.may_override(u.actor())])
        return tuple((u.username, u.nama) for u in users)

    def number(self, p: Permohonan) -> Registered:
        desk, actor = self.session.desk, self.session.actor
        tahap = p.current()
        if tahap is None or tahap.stage is not Stage.AGENDA_REGISTER or not actor.peran & stage_roles(desk.sop_of(p.sop_digest), tahap):
            return Registered(p, False, False)
        p = intake.assign_number(desk, actor, p.id)
        return Registered(p, True, *self.print_paper(p.id, "tanda_terima"))

    def print_paper(self, permohonan_id: str, kind: str) -> tuple[bool, str]:
        """Print a kept paper; (printed, sentence why not, or why on A4 although the office prints slips)."""
        done = slips.print_paper(self.session.desk, self.session.actor, permohonan_id, kind)
        return bool(done.medium), self.session.sentence(done.trouble) if done.trouble is not None else ""

    def print_slip(self, permohonan_id: str, kind: str) -> tuple[bool, str] | None:
        """Like :meth:`print_paper` where the office prints slips on the roll; ``None`` where it keeps this paper unprinted."""
        if self.session.desk.register.read(slips.slip_medium) != "80mm":
            return None
        return self.print_paper(permohonan_id, kind)

    def resubmit(self, permohonan_id: str, ada: frozenset[str]) -> Permohonan | Registered:
        """Back in; papers that had been returned at the counter get their number now."""
        p = intake.resubmit(self.session.desk, self.session.actor, permohonan_id, ada)
        return p if p.nomor_register else self.number(p)

    def dossier(self, permohonan_id: str) -> queries.Dossier:
        return queries.dossier(self.session.desk, permohonan_id)
