"""Buku agenda surat: every outgoing number is given here, in the same transaction as the letter it stands on (DOMAIN.md 6.3).

Settings of the office: ``surat.kode`` (classification), ``surat.urut`` (``buku``: one sequence a year for all letters; ``kode``: one
for each classification and year). A berita acara always has its own sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.desk import closing
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, NotFound, SopViolation
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.ledgers import Letter
from ktpel_kiosk.domain.numbering import check_template, format_number
from ktpel_kiosk.domain.sop import Kantor
from ktpel_kiosk.ports.register import Tx, View

LETTER_CODE = "400.8.1.2"
"""Classification of KTP and KK papers (Permendagri 83/2022); offices on the old scheme set ``471.13``."""
OWN_SERIES: dict[str, str] = {"ba_pemusnahan": "BA", "ba_kerusakan": "BAK", "ba_pemusnahan_data": "BAPD"}
"""Kinds numbered apart: their letters stand in the number behind the classification."""
SETTINGS: dict[str, tuple[str, ...]] = {"surat.kode": (), "surat.urut": ("buku", "kode"), "surat.pengantar": ("tabel", "naratif")}
"""Setting -> what may stand in it, the first being the default; an empty tuple allows any short text."""


def setting(view: View, key: str) -> str:
    """One letter setting of the office, or its default."""
    usual = SETTINGS[key][0] if SETTINGS[key] else LETTER_CODE
    return view.setting(key) or usual


def set_setting(desk: Desk, actor: Actor, key: str, value: str) -> None:
    """Raises BadInput ``letter.setting`` for an unknown key or value. NotAllowed."""
    require(actor, "change_settings")
    value = value.strip()
    if key not in SETTINGS or (SETTINGS[key] and value not in SETTINGS[key]) or not _short(value):
        free = "huruf, angka, titik, strip, garis miring, paling panjang 24"
        allowed = (", ".join(SETTINGS[key]) or free) if key in SETTINGS else ", ".join(SETTINGS)
        raise BadInput("letter.setting", key=key[:40], value=value[:40], expected=allowed)

    def work(tx: Tx) -> None:
        tx.put_setting(key, value)
        tx.log("SettingChanged", key, actor.username)

    desk.register.write(work)


def _short(value: str) -> bool:
    return 0 < len(value) <= 24 and all(c.isalnum() or c in ".-/" for c in value)


def next_letter_number(desk: Desk, tx: Tx, kantor: Kantor, kind: str, at: datetime) -> str:
    """The next number of this kind by the office's template; one already used (a template that changed) is passed over."""
    on = local_time(desk, at).date()
    tokens = check_template(kantor.format_surat)
    code, series = setting(tx, "surat.kode"), "surat"
    if kind in OWN_SERIES and "kode" in tokens:
        code, series = f"{code}/{OWN_SERIES[kind]}", f"surat:{kind}"
    elif "kode" in tokens and setting(tx, "surat.urut") == "kode":
        series = f"surat:{code}"
    while True:
        urut = tx.next_number(series, on.year)
        number = format_number(kantor.format_surat, kode=code, urut=urut, unit=kantor.unit_surat, jenis=kind, on=on)
        if tx.letter(number) is None:
            return number


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the agenda says of a letter beside its number."""

    kind: str
    kepada: str
    perihal: str
    penandatangan: str
    nik: str = ""
    permohonan_id: str = ""


def enter(desk: Desk, tx: Tx, actor: Actor, nomor: str, at: datetime, what: Outgoing) -> Letter:
    """The line of the buku agenda for a number just given."""
    letter = Letter(nomor=nomor, kind=what.kind, at=at, kepada=what.kepada, perihal=what.perihal, penandatangan=what.penandatangan,
                    officer=actor.username, nik=what.nik, permohonan_id=what.permohonan_id)
    tx.add_letter(letter)
    tx.log("LetterIssued", what.permohonan_id or nomor, actor.username, key=what.kind, number=nomor)
    return letter


def void_letter(desk: Desk, actor: Actor, nomor: str, reason: str) -> Letter:
    """Mark a letter BATAL with a reason; the number stays used for ever.

    Raises:
        BadInput: no reason. NotFound: no such number. SopViolation: void already, or of a closed month. NotAllowed.
    """
    require(actor, "void_letter")
    text = free_text(reason, "alasan")
    if not text:
        raise BadInput("letter.void_reason")

    def work(tx: Tx) -> Letter:
        letter = tx.letter(nomor)
        if letter is None:
            raise NotFound("letter.none", number=nomor[:60])
        if letter.void_reason:
            raise SopViolation("letter.void_already", number=nomor)
        closing.guard(desk, tx, letter.at)
        tx.void_letter(nomor, text)
        tx.log("LetterVoided", nomor, actor.username, number=nomor)
        found = tx.letter(nomor)
        assert found is not None
        return found

    return desk.register.write(work)
