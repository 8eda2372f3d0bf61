"""Verifikasi and validasi: paraf bound to exactly what was approved, or the papers go back (see intake.return_application)."""

from __future__ import annotations

import hashlib
import json

from ktpel_kiosk.desk.access import require_stage
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import penduduk_to_dict
from ktpel_kiosk.domain.errors import NotAllowed, SopViolation
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Approval, Tx


def content_hash(p: Permohonan) -> str:
    """SHA-256 (hex) of the biodata, service and checklist an approval speaks of."""
    body = {
        "nomor_register": p.nomor_register, "layanan": p.layanan, "penduduk": penduduk_to_dict(p.penduduk),
        "kelengkapan": [[i.kode, i.ada] for i in p.kelengkapan],
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def verify(desk: Desk, actor: Actor, permohonan_id: str, note: str = "") -> Permohonan:
    """Give the paraf: complete and correct."""
    return _approve(desk, actor, permohonan_id, Stage.VERIFIKASI, "paraf", "ParafGiven", note)


def validate(desk: Desk, actor: Actor, permohonan_id: str, note: str = "") -> Permohonan:
    """The authorised officer's decision. The same officer twice is recorded, or refused where the SOP says ``larang``."""
    return _approve(desk, actor, permohonan_id, Stage.VALIDASI, "validasi", "Validated", note)


def _approve(desk: Desk, actor: Actor, permohonan_id: str, stage: Stage, kind: str, event: str, note: str) -> Permohonan:
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        tahap, role = require_stage(desk, actor, p, stage)
        missing = p.missing_papers()
        if missing:
            raise SopViolation("papers.missing", count=len(missing), field=missing[0].teks)
        same = any(a.officer == actor.username for a in tx.approvals(p.id))
        if same and desk.sop_of(p.sop_digest).empat_mata == "larang":
            raise NotAllowed("access.four_eyes", stage=stage, step=tahap.nomor)
        digest = content_hash(p)
        tx.add_approval(Approval(desk.ids.new(), p.id, stage, kind, actor.username, role, digest, desk.clock.now(), note, same))
        tx.log(event, p.id, actor.username, digest=digest, same_officer=same)
        return save(desk, tx, finish_stage(desk, tx, p, "disetujui", actor.username, role, note=note))

    return desk.register.write(work)


def reject(desk: Desk, actor: Actor, permohonan_id: str, reason: str, *, duplicate: bool = False) -> Permohonan:
    """Refuse at validation: invalid data ends the application, ganda keeps it open for the duplicate procedure."""
    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        require_stage(desk, actor, p, Stage.VALIDASI, Stage.VERIFIKASI)
        tx.log("ApplicationRejected", p.id, actor.username, reason=reason, duplicate=duplicate)
        state = Keadaan.GANDA if duplicate else Keadaan.DITOLAK
        from dataclasses import replace
        return save(desk, tx, replace(start(p, desk.clock.now()), keadaan=state, note=reason))

    return desk.register.write(work)
