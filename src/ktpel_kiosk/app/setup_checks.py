"""What an answer of the assistant must be. Every finding is a whole sentence for its own field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.app.setup_sop import office_sop
from ktpel_kiosk.domain.errors import BadInput, Fact
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.passwords import PRODUCTION_LENGTH, password_problem, user_name
from ktpel_kiosk.domain.permissions import STAGE_ROLES
from ktpel_kiosk.domain.sop import Peran, Sop
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.domain.text import ZONES
from ktpel_kiosk.domain.wilayah import RegionTable, plain_code
from ktpel_kiosk.ports.setup import NewOfficer, OfficeAnswers, SetupAnswers

LINE, KOP_LINES, KOP_LENGTH = 100, 5, 70
NAME_LENGTH, NIP_DIGITS = 80, 18
ALWAYS = (Peran.ADMIN, Peran.SUPERVISOR)
NEEDED = ("nama", "pemda", "unit", "provinsi", "kabupaten")
OPTIONAL = ("kecamatan", "alamat", "telepon", "email", "penandatangan_jabatan", "penandatangan_nama", "unit_surat")
_STATION = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,62}[a-z0-9])")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"[0-9+() ./-]{5,40}")
_CODE = re.compile(r"\d\d\.?\d\d(\.?\d\d)?", re.ASCII)
_CLOCK = re.compile(r"([01]?\d|2[0-3])[.:]([0-5]\d)")


class Findings(dict[str, str]):
    """Field -> sentence; the first finding of a field stays."""

    def say(self, field: str, key: str, **facts: Fact) -> None:
        self.setdefault(field, load_sentences().text(key, **facts))

    def catch(self, field: str, work: Callable[[], object]) -> None:
        try:
            work()
        except BadInput as error:
            self.setdefault(field, load_sentences().of(error))


def office(sop_text: str, answers: OfficeAnswers, regions: RegionTable) -> Mapping[str, str]:
    """Field name -> sentence for every answer that cannot stand. Raises BadInput when the SOP itself is at fault."""
    sop = parse_sop(sop_text)
    found = Findings()
    for field in (*NEEDED, *OPTIONAL):
        found.catch(field, lambda f=field: free_text(getattr(answers, f), f, limit=LINE))  # type: ignore[misc]
    for field in NEEDED:
        if not getattr(answers, field).strip():
            found.say(field, "setup.empty")
    _region(found, sop, answers, regions)
    _letterhead(found, answers)
    _hours(found, answers)
    if answers.email.strip() and not _EMAIL.fullmatch(answers.email.strip()):
        found.say("email", "setup.email")
    if answers.telepon.strip() and not _PHONE.fullmatch(answers.telepon.strip()):
        found.say("telepon", "setup.phone")
    if not _nip_stands(answers.penandatangan_nip):
        found.say("penandatangan_nip", "setup.nip", limit=NIP_DIGITS)
    if "{unit}" in sop.kantor.format_surat and not answers.unit_surat.strip():
        found.say("unit_surat", "setup.unit_surat", value=sop.kantor.format_surat)
    if not found:
        try:
            office_sop(sop_text, answers)
        except BadInput as error:
            key = str(error.facts.get("key") or "nama")
            found.setdefault(key if hasattr(answers, key) else "nama", load_sentences().of(error))
    return found


def _region(found: Findings, sop: Sop, answers: OfficeAnswers, regions: RegionTable) -> None:
    code = answers.kode_wilayah.strip()
    plain = plain_code(code)
    district = sop.kantor.jenis == "kecamatan"
    if not _CODE.fullmatch(code) or (district and len(plain) != 6):
        found.say("kode_wilayah", "setup.region_form", expected="35.08.05" if district else "63.05")
        return
    if code not in regions or regions.is_historic(code):
        found.say("kode_wilayah", "setup.region_unknown", value=code)
        return
    names = {"provinsi": {regions.province(code)}, "kabupaten": {regions.regency(code), regions.regency_short(code)}}
    if district:
        names["kecamatan"] = {regions.district(code)}
    for field, known in names.items():
        given = getattr(answers, field).strip().upper()
        if given and given not in {name.upper() for name in known}:
            found.say(field, "setup.region_name", value=code, expected=min(known, key=len))
        elif not given:
            found.say(field, "setup.empty")
    if answers.zona_waktu not in ZONES:
        found.say("zona_waktu", "setup.zone", expected=", ".join(ZONES))


def _letterhead(found: Findings, answers: OfficeAnswers) -> None:
    lines = [line for line in answers.kop if line.strip()]
    if not lines:
        found.say("kop", "setup.kop_empty")
    elif len(lines) > KOP_LINES:
        found.say("kop", "setup.kop_lines", limit=KOP_LINES)
    for line in lines:
        found.catch("kop", lambda text=line: free_text(text, "kop", limit=KOP_LENGTH))  # type: ignore[misc]


def _hours(found: Findings, answers: OfficeAnswers) -> None:
    read = {field: _CLOCK.fullmatch(getattr(answers, field).strip()) for field in ("jam_buka", "jam_tutup")}
    for field, match in read.items():
        if match is None:
            found.say(field, "setup.clock")
    opens, closes = read["jam_buka"], read["jam_tutup"]
    if opens and closes and (int(opens[1]), int(opens[2])) >= (int(closes[1]), int(closes[2])):
        found.say("jam_tutup", "setup.hours")


def _nip_stands(nip: str) -> bool:
    digits = "".join(nip.split())
    return not digits or (digits.isascii() and digits.isdigit() and len(digits) == NIP_DIGITS)


def desk(answers: SetupAnswers) -> Mapping[str, str]:
    """Name, id and line of the desk; the backup place is looked at by whoever knows the disks."""
    found = Findings()
    found.catch("place", lambda: free_text(answers.place, "place", limit=40))
    if not answers.place.strip():
        found.say("place", "setup.empty")
    if not _STATION.fullmatch(answers.station):
        found.say("station", "setup.station")
    if answers.gateway_url.strip() and not gateway_stands(answers.gateway_url.strip()):
        found.say("gateway_url", "setup.gateway_url")
    return found


def gateway_stands(url: str) -> bool:
    """An https address without a user in it."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme == "https" and bool(parts.hostname) and not parts.username and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return sound and not any(c.isspace() for c in url)


def propose_station(answers: OfficeAnswers, place: str) -> str:
    """``3508050-meja-1``: the code of the region, filled to seven digits, and the place."""
    digits = plain_code(answers.kode_wilayah)
    place = re.sub(r"[^a-z0-9]+", "-", place.lower()).strip("-") or "meja-1"
    return f"{digits.ljust(7, '0') if digits.isdigit() else 'kantor'}-{place}"[:64].strip("-")


def missing_roles(sop_text: str, officers: Sequence[NewOfficer]) -> tuple[Peran, ...]:
    """One role for every stage nobody could do, the one a desk usually gives it; admin and supervisor first."""
    sop = parse_sop(sop_text)
    held = {role for officer in officers for role in officer.peran}
    missing = {role for role in ALWAYS if role not in held}
    for step in sop.langkah:
        for stage in step.stages:
            able = sop.peran_of(step) or STAGE_ROLES[stage]
            if not able & held:
                missing.add(min(able & STAGE_ROLES[stage] or able, key=list(Peran).index))
    return tuple(sorted(missing, key=lambda role: (role not in ALWAYS, list(Peran).index(role))))


def officer(one: NewOfficer, password: str, others: Sequence[NewOfficer]) -> Mapping[str, str]:
    """Field name (``username nama nip peran password``) -> sentence."""
    found = Findings()
    found.catch("username", lambda: user_name(one.username))
    name = one.username.strip().lower()
    if name and any(name == other.username.strip().lower() for other in others):
        found.say("username", "setup.username_taken", username=name)
    found.catch("nama", lambda: free_text(one.nama, "nama", limit=NAME_LENGTH))
    if not one.nama.strip():
        found.say("nama", "user.shown_name")
    found.catch("jabatan", lambda: free_text(one.jabatan, "jabatan", limit=NAME_LENGTH))
    if not _nip_stands(one.nip):
        found.say("nip", "setup.nip", limit=NIP_DIGITS)
    if not one.peran:
        found.say("peran", "user.roles")
    if problem := password_problem(name, password, length=PRODUCTION_LENGTH):
        found.say("password", f"user.{problem}", limit=PRODUCTION_LENGTH)
    return found
