"""Correcting biodata the applicant pointed at; the paraf spoke of other content, so the correction is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ktpel_kiosk.desk.access import require_stage
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.intake import today
from ktpel_kiosk.desk.progress import save
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import make_penduduk, penduduk_to_dict
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Tx


def correct_biodata(desk: Desk, actor: Actor, permohonan_id: str, **fields: object) -> Permohonan:
    """Change fields of the biodata at the recording desk; NIK is never changed here.

    Raises:
        BadInput: a field does not exist, is the NIK, or its value is refused (BiodataInvalid lists all problems).
    """
    if "nik" in fields:
        raise BadInput("biodata.nik_fixed", field="nik")

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        require_stage(desk, actor, p, Stage.VERIFIKASI, Stage.VALIDASI, Stage.REKAM)
        unknown = [f for f in fields if f not in p.penduduk.__slots__]
        if unknown:
            raise BadInput("biodata.field", field=unknown[0])
        values: dict[str, Any] = {**penduduk_to_dict(p.penduduk), **fields}
        changed = make_penduduk(today=today(desk), override=frozenset(w.rule for w in p.warnings), **values)
        touched = sorted(f for f in fields if getattr(changed, f) != getattr(p.penduduk, f))
        tx.log("BiodataCorrected", p.id, actor.username, field=",".join(touched))
        left = tuple(c for c in p.corrections if c not in fields)
        return save(desk, tx, replace(p, penduduk=changed, corrections=left, confirmed_at=None))

    return desk.register.write(work)
