"""Berita Acara Kerusakan Perangkat: a broken device is reported with number, paper and a line in the agenda, in one transaction."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ktpel_kiosk.desk import agenda, device_tests
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.agenda import Outgoing
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, NotFound
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.free_text import note as clean_note
from ktpel_kiosk.domain.ledgers import Letter
from ktpel_kiosk.domain.text import date_full, date_long, datetime_long, number_text, percent_text, time_text
from ktpel_kiosk.ports.device_history import DeviceRecord
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.papers import DamagePaper, Signer
from ktpel_kiosk.ports.register import Tx, View

KIND = "ba_kerusakan"
KEPT = "ba_kerusakan:"
"""Key under which the register keeps what a berita acara says, as JSON."""
ABOUT = "Kerusakan "
NAMES: dict[str, str] = {
    "camera": "Kamera", "fingerprint": "Pemindai sidik jari", "iris": "Kamera iris", "signature": "Pad tanda tangan",
    "scanner": "Pemindai berkas", "card_reader": "Pembaca kartu", "card_printer": "Printer kartu", "document_printer": "Printer dokumen",
    "receipt_printer": "Printer struk", "barcode": "Pemindai kode",
}
MOST_TESTS = 8
UNKNOWN_SERIAL = "tidak terbaca"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Damage:
    """What the officer says. ``since``: the day it began; ``symptom`` and ``impact`` must be told."""

    kind: DeviceKind
    make: str
    model: str
    serial: str
    since: date
    symptom: str
    impact: str
    tried: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class DamageReport:
    """A berita acara as the register keeps it. ``title``: kind, make and model; ``void``: why it counts no longer, empty while it does."""

    nomor: str
    kind: DeviceKind
    at: datetime
    title: str
    void: str = ""


def report(desk: Desk, actor: Actor, damage: Damage) -> DamageReport:
    """Number, agenda line, content and audit in one transaction; the PDF lies in the documents folder and can be made again.

    Raises:
        BadInput: no device named, nothing told, no impact, a day to come (``damage.*``), ``text.*``. NotAllowed.
    """
    require(actor, "report_damage")
    damage = _cleaned(desk, damage)
    tests = device_tests.history(desk, actor, damage.kind, 100)
    record = record_of(desk, damage.kind, damage.make, damage.model, damage.serial)

    def work(tx: Tx) -> tuple[DamageReport, bytes]:
        kantor, now = desk.sop.kantor, desk.clock.now()
        nomor = agenda.next_letter_number(desk, tx, kantor, KIND, now)
        title = f"{NAMES[damage.kind]} {damage.make} {damage.model}".strip()
        agenda.enter(desk, tx, actor, nomor, now, Outgoing(
            KIND, f"Dinas Dukcapil {kantor.kabupaten.title()}".strip(), f"{ABOUT}{title}",
            kantor.penandatangan_nama or kantor.penandatangan_jabatan))
        paper = _paper(desk, tx, actor, nomor, now, damage, tests, record)
        pdf = desk.documents.damage_report(paper)
        tx.put_setting(f"{KEPT}{nomor}", _written(damage.kind, paper))
        tx.log("DeviceDamageReported", f"{device_tests.SUBJECT}{damage.kind}", actor.username, key=str(damage.kind), number=nomor)
        return DamageReport(nomor, damage.kind, now, title), pdf

    made, pdf = desk.register.write(work)
    desk.spool.keep(paper_name(made), pdf)
    return made


def paper_name(made: DamageReport) -> str:
    """File name in the documents folder."""
    return f"BA-kerusakan-{made.nomor.replace('/', '-')}.pdf"


def reports(desk: Desk, actor: Actor, kind: DeviceKind | None = None) -> tuple[DamageReport, ...]:
    """Earlier ones, newest first; of one kind of device or of all. NotAllowed."""
    require(actor, "report_damage")

    def gather(view: View) -> list[DamageReport]:
        return [_of(view, x) for x in view.letters_in(_LONG_AGO, desk.clock.now() + timedelta(seconds=1)) if x.kind == KIND]

    found = [r for r in desk.register.read(gather) if kind is None or r.kind is kind]
    return tuple(reversed(found))


def paper_again(desk: Desk, actor: Actor, nomor: str) -> tuple[DamageReport, bytes]:
    """The very paper of then, made again from the register under its own number. Raises NotFound ``damage.none``, NotAllowed."""
    require(actor, "report_damage")

    def gather(view: View) -> tuple[DamageReport, DamagePaper]:
        letter, text = view.letter(nomor), view.setting(f"{KEPT}{nomor}")
        if letter is None or letter.kind != KIND or not text:
            raise NotFound("damage.none")
        return _of(view, letter), _read(text)[1]

    made, paper = desk.register.read(gather)
    return made, desk.documents.damage_report(paper)


def place_again(desk: Desk, actor: Actor, nomor: str) -> Path:
    """The paper as a file in the documents folder, to be opened or printed."""
    made, pdf = paper_again(desk, actor, nomor)
    return desk.spool.keep(paper_name(made), pdf)


def _of(view: View, letter: Letter) -> DamageReport:
    text = view.setting(f"{KEPT}{letter.nomor}")
    kind = _read(text)[0] if text else DeviceKind.CAMERA
    return DamageReport(letter.nomor, kind, letter.at, letter.perihal.removeprefix(ABOUT), letter.void_reason)


def _written(kind: DeviceKind, paper: DamagePaper) -> str:
    return json.dumps({"kind": str(kind), **asdict(paper), "on": paper.on.isoformat()}, ensure_ascii=False)


def _read(text: str) -> tuple[DeviceKind, DamagePaper]:
    values = json.loads(text)
    kind = DeviceKind(values.pop("kind"))
    for name in ("petugas", "mengetahui"):
        values[name] = Signer(**values[name]) if values[name] else None
    for name in ("perangkat", "uji", "riwayat"):
        values[name] = tuple(tuple(line) for line in values[name])
    return kind, DamagePaper(**{**values, "kop": tuple(values["kop"]), "on": date.fromisoformat(values["on"])})


def record_of(desk: Desk, kind: DeviceKind, make: str, model: str, serial: str) -> DeviceRecord | None:
    """What this desk remembers of this very device."""
    return next((r for r in desk.device_history.records() if (r.kind, r.make, r.model, r.serial) == (kind, make, model, serial)), None)


def _cleaned(desk: Desk, d: Damage) -> Damage:
    made = Damage(
        d.kind, free_text(d.make, "merek", limit=60), free_text(d.model, "tipe", limit=60), free_text(d.serial, "nomor seri", limit=60),
        d.since, clean_note(d.symptom, "yang terjadi"), clean_note(d.impact, "dampak"), clean_note(d.tried, "tindakan"),
        clean_note(d.request, "permintaan"))
    if not (made.make or made.model):
        raise BadInput("damage.device", device_kind=str(d.kind))
    if not made.symptom:
        raise BadInput("damage.symptom")
    if not made.impact:
        raise BadInput("damage.impact")
    if made.since > local_time(desk, desk.clock.now()).date():
        raise BadInput("damage.since")
    return made


def _paper(desk: Desk, view: View, actor: Actor, nomor: str, now: datetime, d: Damage, tests: tuple[device_tests.Tested, ...],
           record: DeviceRecord | None) -> DamagePaper:
    kantor, local = desk.sop.kantor, local_time(desk, now)
    account = view.user(actor.username)
    told = [t for t in tests if local_time(desk, t.at).date() >= d.since][:MOST_TESTS]
    return DamagePaper(
        kop=kantor.kop, nomor=nomor, on=local.date(), place=kantor.nama,
        petugas=Signer((account.jabatan if account else "") or "Petugas pelayanan", actor.nama, account.nip if account else ""),
        perangkat=(("Jenis", NAMES[d.kind]), ("Merek dan tipe", f"{d.make} {d.model}".strip()), ("Nomor seri", d.serial or UNKNOWN_SERIAL),
                   ("Letak", f"Stasiun {desk.station}")),
        sejak=date_full(d.since), gejala=d.symptom, tindakan=d.tried, dampak=d.impact, permintaan=d.request,
        place_date=f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(local.date())}",
        mengetahui=Signer(kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip),
        uji=tuple((datetime_long(local_time(desk, t.at), kantor.zona_waktu), device_tests.TESTS.get(t.test, t.test),
                   "Berhasil" if t.good else device_tests.told(desk, t.result)) for t in reversed(told)),
        riwayat=history_lines(record), jam=time_text(local, kantor.zona_waktu), qr_text=nomor,
    )


def history_lines(record: DeviceRecord | None) -> tuple[tuple[str, str], ...]:
    """Figures of the last 30 days in words, label and value."""
    if record is None:
        return ()
    recent = record.days[:30]
    calls, failed = sum(x.calls for x in recent), sum(x.failed for x in recent)
    lines = []
    if record.availability is not None:
        lines.append(("Siap dipakai", f"{percent_text(record.availability)} dari waktu menyala"))
    if calls:
        lines.append(("Gagal", f"{number_text(failed)} dari {number_text(calls)} pekerjaan"))
    return tuple(lines)
