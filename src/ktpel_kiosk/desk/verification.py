"""Verifikasi and validasi: paraf bound to exactly what was approved, or the papers go back (see desk.returns)."""

from __future__ import annotations

from ktpel_kiosk.desk.access import require_stage, stage_roles
from ktpel_kiosk.desk.approvals import add_signed, content_hash, require_signer, required
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.progress import finish_stage, save
from ktpel_kiosk.desk.returns import reject
from ktpel_kiosk.desk.sheets import keep_verification
from ktpel_kiosk.desk.sign_in import authenticate
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotAllowed, SopViolation
from ktpel_kiosk.domain.free_text import note as clean_note
from ktpel_kiosk.domain.penduduk import CARD_ELEMENTS
from ktpel_kiosk.domain.permohonan import Permohonan, Tahap, TahapState
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.services import Signer

__all__ = ["content_hash", "reject", "renew", "renewal_due", "require_fresh", "validate", "verify"]

KINDS: dict[Stage, tuple[str, str]] = {Stage.VERIFIKASI: ("paraf", "ParafGiven"), Stage.VALIDASI: ("validasi", "Validated")}
"""Approval kind and audit event of each checking stage."""


def verify(desk: Desk, actor: Actor, permohonan_id: str, note: str = "") -> Permohonan:
    """Give the paraf: complete and correct. Raises SignInRefused when the officer's signing key is not unlocked."""
    return _approve(desk, actor, permohonan_id, Stage.VERIFIKASI, note)


def validate(desk: Desk, actor: Actor, permohonan_id: str, note: str = "") -> Permohonan:
    """The authorised officer's decision. The same officer twice is recorded, or refused where the SOP says ``larang``."""
    return _approve(desk, actor, permohonan_id, Stage.VALIDASI, note)


def _approve(desk: Desk, actor: Actor, permohonan_id: str, stage: Stage, note: str) -> Permohonan:
    text = clean_note(note)

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        tahap, role = require_stage(desk, actor, p, stage)
        missing = p.missing_papers()
        if missing:
            raise SopViolation("papers.missing", count=len(missing), field=missing[0].teks)
        _sign(desk, tx, actor, require_signer(desk, actor), p, tahap, role, text)
        q = save(desk, tx, finish_stage(desk, tx, p, "disetujui", actor.username, role, note=text))
        if stage is Stage.VERIFIKASI:
            keep_verification(desk, tx, q, actor)
        return q

    return desk.register.write(work)


def _sign(desk: Desk, tx: Tx, actor: Actor, signer: Signer, p: Permohonan, tahap: Tahap, role: str, note: str, *,
          again: bool = False) -> None:
    kind, event = KINDS[tahap.stage]
    same = any(a.officer == actor.username and not (again and a.stage is tahap.stage) for a in tx.approvals(p.id))
    if same and desk.sop_of(p.sop_digest).empat_mata == "larang":
        raise NotAllowed("access.four_eyes", stage=tahap.stage, step=tahap.nomor)
    digest = content_hash(p)
    add_signed(desk, tx, actor, p, tahap.stage, kind, digest, role=role, note=note, same_officer=same, signer=signer)
    tx.log(event, p.id, actor.username, digest=digest, same_officer=same, again=again)


def renewal_due(view: View, p: Permohonan) -> Tahap | None:
    """The checking stage whose paraf has to be given again: card elements were corrected after it (docs/adr/0008).

    None where the SOP checks nothing before recording, only other fields changed, or the paraf already speaks of the new content.
    """
    tahap = _check_before_recording(p)
    if tahap is None:
        return None
    kind, event = KINDS[tahap.stage]
    given = [a for a in view.approvals(p.id) if a.kind == kind]
    if not given or given[-1].content_hash == content_hash(p):
        return None
    touched = False
    for link in view.audit(subject=p.id, limit=10_000):
        if link.event == event:
            touched = False
        elif link.event == "BiodataCorrected":
            touched = touched or bool(CARD_ELEMENTS.intersection(str(link.facts.get("field", "")).split(",")))
    return tahap if touched else None


def _check_before_recording(p: Permohonan) -> Tahap | None:
    first = next((t.index for t in p.tahap if t.stage is Stage.REKAM), len(p.tahap))
    done = [t for t in p.tahap if t.index < first and t.stage in KINDS and t.state is TahapState.SELESAI]
    return next((t for t in done if t.stage is Stage.VERIFIKASI), done[0] if done else None)


def require_fresh(desk: Desk, view: View, p: Permohonan) -> None:
    """Raise SopViolation ``approval.stale`` while a paraf has to be renewed."""
    tahap = renewal_due(view, p)
    if tahap is not None:
        raise SopViolation("approval.stale", step=tahap.nomor, roles=",".join(sorted(stage_roles(desk.sop_of(p.sop_digest), tahap))))


def renew(desk: Desk, actor: Actor, permohonan_id: str, *, username: str = "", password: str = "", note: str = "") -> Permohonan:
    """Give the paraf again for corrected biodata, wherever the application stands meanwhile.

    Args:
        username, password: the checking officer who came to this desk; without them the signed-in officer signs.

    Raises:
        SopViolation: nothing has to be renewed. NotAllowed: no role of that step. SignInRefused.
    """
    text = clean_note(note)
    p, tahap = desk.register.read(lambda v: (v.permohonan(permohonan_id), renewal_due(v, v.permohonan(permohonan_id))))
    if tahap is None:
        raise SopViolation("approval.renew_none")
    who, signer = actor, None
    if username:
        who, key = authenticate(desk, username, password)
        signer = required(key, who)
    roles = stage_roles(desk.sop_of(p.sop_digest), tahap)
    held = sorted(who.peran & roles)
    if not held:
        raise NotAllowed("access.stage", stage=tahap.stage, step=tahap.nomor, roles=",".join(sorted(roles)))
    signer = signer or require_signer(desk, who)

    def work(tx: Tx) -> Permohonan:
        q = tx.permohonan(permohonan_id)
        due = renewal_due(tx, q)
        if due is None or content_hash(q) != content_hash(p):
            raise SopViolation("approval.content")
        _sign(desk, tx, who, signer, q, due, str(held[0]), text, again=True)
        return q

    return desk.register.write(work)
