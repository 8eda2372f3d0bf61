"""Loket: services, live NIK check, the form's problems, checklist, drafts, registration. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import intake, queries
from ktpel_kiosk.desk.access import stage_roles
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import FIELD_LABELS, age_at, make_penduduk, problems_of
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import ChecklistItem, Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.domain.text import date_card, date_long, number_text, parse_date, phone_e164
from ktpel_kiosk.ports.devices import DeviceKind, DocumentPrinter, PrintJob
from ktpel_kiosk.ports.register import ListItem, Query
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

PENDUDUK_FIELDS: tuple[str, ...] = (
    "nik", "nama", "no_kk", "tempat_lahir", "tanggal_lahir", "jenis_kelamin", "golongan_darah", "alamat", "rt", "rw", "desa",
    "kecamatan", "kabupaten", "provinsi", "agama", "status_perkawinan", "pekerjaan", "kewarganegaraan", "kode_pos",
)
CODE_FIELDS = ("golongan_darah", "agama", "status_perkawinan", "pekerjaan")
LABELS = FIELD_LABELS


@dataclass(frozen=True, slots=True)
class NikFeedback:
    """The line under the NIK and, where there is one, the warning below. ``born``: ``05-02-2008``; ``sex``: L, P or empty."""

    line: str
    state: str
    warning_bold: str = ""
    warning: str = ""
    blocked: bool = False
    sex: str = ""
    born: str = ""


@dataclass(frozen=True, slots=True)
class CheckLine:
    kode: str
    text: str
    required: bool
    fixed: bool = False
    present: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """The outcome of the counter's act."""

    permohonan: Permohonan
    numbered: bool
    printed: bool
    print_trouble: str = ""


class IntakePresenter:
    """Methods that touch the desk may block shortly: call them on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def services(self) -> tuple[tuple[Layanan, str], ...]:
        return tuple((offer.layanan, word("layanan_panjang", offer.layanan)) for offer in self.session.desk.sop.layanan)

    def choices(self, name: str) -> tuple[tuple[int, str], ...]:
        return tuple(codes.code_list(name))

    def villages(self) -> tuple[str, ...]:
        return tuple(v.upper() for v in self.session.desk.regions().villages(self.session.desk.sop.kantor.kode_wilayah))

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
            return NikFeedback(f"{16 - len(digits)} angka lagi" if digits else "", "")
        found = intake.check_nik_at_desk(self.session.desk, digits)
        report = found.report
        if not report.usable:
            return NikFeedback(report.errors[0].text, "trouble", blocked=True)
        bold = warning = ""
        blocked = False
        if found.open_number:
            bold = f"Masih ada permohonan berjalan, nomor {found.open_number}."
            warning, blocked = "Buka permohonan itu lewat Register, jangan daftarkan ulang.", True
        elif found.recorded_at:
            bold = f"Pernah direkam {date_long(self.session.local(found.recorded_at).date())} di kantor ini."
            warning = "Jangan rekam ulang: status akan menjadi ganda."
        elif report.warnings:
            warning = report.warnings[0].text
        sex = report.sex.value if report.sex else ""
        born = date_card(report.birth_hint) if report.birth_hint else ""
        return NikFeedback(report.summary, "good", bold, warning, blocked, sex, born)

    def problems(self, values: dict[str, str]) -> dict[str, str]:
        """Sentence per wrong field."""
        found = {p.field: p.text for p in problems_of(today=self.session.today(), **self._clean(values))}
        if values.get("nomor_hp"):
            try:
                phone_e164(values["nomor_hp"])
            except BadInput:
                found["nomor_hp"] = "Nomor HP belum benar. Contoh: 0812 3456 7890."
        return found

    @staticmethod
    def _clean(values: dict[str, str]) -> dict[str, object]:
        return {k: values.get(k, "") for k in PENDUDUK_FIELDS if k in values}

    def penduduk(self, values: dict[str, str]) -> Penduduk:
        return make_penduduk(today=self.session.today(), **self._clean(values))  # type: ignore[arg-type]

    def checklist(self, layanan: Layanan, values: dict[str, str]) -> tuple[CheckLine, ...]:
        """Age first (computed), then the papers of the SOP for this service and person."""
        person: Penduduk | None
        try:
            person = self.penduduk(values)
        except KioskError:
            person = None
        items: tuple[ChecklistItem, ...] = intake.checklist(self.session.desk, layanan, person)
        offer = self.session.desk.sop.layanan_of(layanan)
        known = {s.kode for s in offer.syarat if self._applies(s.kondisi, values)} if offer else set()
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

    def begin(self, actor: Actor | None = None) -> str:
        return intake.begin_intake(self.session.desk, actor or self.session.actor)

    def keep(self, key: str, form: dict[str, object], actor: Actor | None = None) -> str:
        """Save the draft for ``actor`` (who typed it, even if the screen was locked meanwhile); returns the time shown."""
        intake.save_draft(self.session.desk, actor or self.session.actor, key, form)
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

    def register(self, layanan: Layanan, values: dict[str, str], ada: frozenset[str], key: str) -> Registered:
        """Receive, number (where this officer may), print the tanda terima."""
        desk, actor = self.session.desk, self.session.actor
        p = intake.receive_papers(desk, actor, layanan, self.penduduk(values), ada, nomor_hp=values.get("nomor_hp", ""), draft_key=key)
        return self.number(p)

    def number(self, p: Permohonan) -> Registered:
        desk, actor = self.session.desk, self.session.actor
        tahap = p.current()
        if tahap is None or tahap.stage is not Stage.AGENDA_REGISTER or not actor.peran & stage_roles(desk.sop_of(p.sop_digest), tahap):
            return Registered(p, False, False)
        p = intake.assign_number(desk, actor, p.id)
        return Registered(p, True, *self.print_paper(p.id, "tanda_terima"))

    def print_paper(self, permohonan_id: str, kind: str) -> tuple[bool, str]:
        """Send a kept paper to the document printer; (printed, sentence why not)."""
        desk = self.session.desk
        found = desk.register.read(lambda v: [d for d in v.documents(permohonan_id) if d.kind == kind])
        if not found:
            return False, ""
        pdf = found[-1].data

        def submit(printer: DocumentPrinter) -> PrintJob:
            return printer.submit(pdf, kind)

        try:
            desk.devices.call(DeviceKind.DOCUMENT_PRINTER, "document_printer.submit", submit, desk.print_timeout_s).result()
        except KioskError as error:
            return False, self.session.sentence(error)
        return True, ""

    def resubmit(self, permohonan_id: str, ada: frozenset[str]) -> Permohonan:
        return intake.resubmit(self.session.desk, self.session.actor, permohonan_id, ada)

    def dossier(self, permohonan_id: str) -> queries.Dossier:
        return queries.dossier(self.session.desk, permohonan_id)
