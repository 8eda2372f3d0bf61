"""One application's recording handed to another system as an AN2K or CBEFF file, before it is sealed (afterwards only the packet has it).

Raw biometrics leave the office: a permission, a reason and a second officer, as for books with whole NIK; all of it is audited before the
file takes its name.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.sign_in import second_person
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.free_text import for_audit, free_text
from ktpel_kiosk.domain.transaction import FORMATS, Transaction
from ktpel_kiosk.ports.register import View


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished file: SHA-256 (hex), and how many samples and excused positions it holds."""

    digest: str
    samples: int
    exceptions: int


def export_recording(desk: Desk, actor: Actor, permohonan_id: str, format: str, path: Path, *, reason: str, second_username: str,
                     second_password: str) -> Exported:
    """Write the best samples of an unsealed application to ``path`` in one of ``FORMATS``.

    Raises:
        BadInput: unknown format, no reason, a sample that cannot be encoded. SopViolation ``transaction.sealed`` or
        ``transaction.nothing``. SignInRefused, NotAllowed. NotFound. IoFailure, DiskFull: nothing is left behind.
    """
    require(actor, "export_recording")
    if format not in FORMATS:
        raise BadInput("export.format", format=format[:20], expected=", ".join(FORMATS))
    reason = free_text(reason, "alasan")
    if not reason:
        raise BadInput("transaction.reason")
    second = second_person(desk, actor, second_username, second_password, "export_recording").username
    content = desk.register.read(lambda v: _content(desk, v, permohonan_id))
    data = desk.write_transaction(content, format)
    digest = hashlib.sha256(data).hexdigest()
    with desk.spool.sink(path) as out:
        out.write(data)
        desk.register.write(lambda tx: tx.log(
            "RecordingExported", permohonan_id, actor.username, format=format, digest=digest, count=len(content.samples),
            number=content.number, reason=for_audit(reason), second=second))
    return Exported(digest, len(content.samples), len(content.exceptions))


def _content(desk: Desk, view: View, permohonan_id: str) -> Transaction:
    p = view.permohonan(permohonan_id)
    if view.packet_of(p.id) is not None:
        raise SopViolation("transaction.sealed", number=p.nomor_register)
    samples = tuple(s for s in view.samples(p.id) if s.best)
    if not samples:
        raise SopViolation("transaction.nothing", number=p.nomor_register)
    now = desk.clock.now()
    return Transaction(
        number=desk.ids.new(), register_number=p.nomor_register, office_code=desk.sop.kantor.kode_wilayah, station=desk.station,
        created_at=now, local_date=local_time(desk, now).date(), penduduk=p.penduduk, samples=samples,
        exceptions=tuple(view.exceptions(p.id)),
    )
