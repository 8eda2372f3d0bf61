"""Signed approvals: making one, what one is worth now, and checking all of them (RELIABILITY.md threats 2 and 3)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.sign_in import KEY_SUBJECT
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.approval import ApprovalState, approval_message, content_digest, fingerprint
from ktpel_kiosk.domain.biodata import penduduk_to_dict
from ktpel_kiosk.domain.biometric import BiometricException, Sample
from ktpel_kiosk.domain.cards import CardJob
from ktpel_kiosk.domain.errors import SecurityRefusal, SignInRefused
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.register import Approval, Query, Tx, View
from ktpel_kiosk.ports.services import Signer

PAGE = 500
UNSIGNED_KINDS = frozenset({"tanda_tangan_pemohon"})
"""The applicant agrees with the own pen; there is no officer's key behind it."""


# -- what an approval speaks of ---------------------------------------------------------------------------------------


def content_hash(p: Permohonan) -> str:
    """SHA-256 (hex) of the biodata, service and checklist a paraf or validation speaks of.

    The register number is not part of it: some offices give it after the first paraf.
    """
    body = {
        "layanan": p.layanan, "varian": p.varian, "penduduk": penduduk_to_dict(p.penduduk),
        "kelengkapan": [[i.kode, i.ada] for i in p.kelengkapan],
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def review_hash(view: View, p: Permohonan) -> str:
    """SHA-256 (hex) of the biodata and of every sample that will be sealed."""
    samples = [[s.position.value, s.attempt, hashlib.sha256(s.data).hexdigest()] for s in view.samples(p.id) if s.best]
    excused = [[e.position.value, e.kind.value] for e in view.exceptions(p.id)]
    body = json.dumps([content_hash(p), sorted(samples), sorted(excused)])
    return hashlib.sha256(body.encode()).hexdigest()


def exception_hash(exception: BiometricException) -> str:
    return content_digest(posisi=exception.position.value, jenis=exception.kind.value, alasan=exception.reason,
                          petugas=exception.recorded_by)


def forced_hash(sample: Sample) -> str:
    """``sample`` without its data: id and attempt name it, samples are never rewritten."""
    return content_digest(posisi=sample.position.value, sampel=sample.id, percobaan=sample.attempt)


def spoil_hash(job: CardJob, reason: str) -> str:
    return content_digest(pekerjaan=job.id, blangko=job.blangko, alasan=reason)


def activation_hash(job: CardJob) -> str:
    return content_digest(pekerjaan=job.id, kredensial=job.credential, chip=job.chip_uid)


# -- making one -------------------------------------------------------------------------------------------------------


def require_signer(desk: Desk, actor: Actor) -> Signer:
    """The officer's unlocked key.

    Raises:
        SignInRefused: ``sign_in.key_locked``: signed out, locked or damaged meanwhile.
    """
    signer = desk.seats.signer(actor.username)
    if signer is None:
        raise SignInRefused("sign_in.key_locked", username=actor.username)
    return signer


def add_signed(desk: Desk, tx: Tx, actor: Actor, p: Permohonan, stage: Stage, kind: str, digest: str, *, role: str = "", note: str = "",
               same_officer: bool = False, signer: Signer | None = None) -> Approval:
    """Sign with the seated officer's key (or ``signer``, a second person's) and store, inside the caller's transaction."""
    key = signer or require_signer(desk, actor)
    if fingerprint(key.public_key) not in known_keys(tx, actor.username):
        raise SecurityRefusal("approval.untrusted_key", username=actor.username)
    now = desk.clock.now()
    message = approval_message(permohonan_id=p.id, stage=stage, kind=kind, officer=actor.username, role=role, content_hash=digest,
                               note=note, at=now)
    made = Approval(desk.ids.new(), p.id, stage, kind, actor.username, role, digest, now, note, same_officer, key.sign(message),
                    key.public_key)
    tx.add_approval(made)
    return made


def required(signer: Signer | None, actor: Actor) -> Signer:
    """A second person's key, or the sentence that it could not be opened."""
    if signer is None:
        raise SignInRefused("sign_in.key_locked", username=actor.username)
    return signer


def known_keys(view: View, username: str) -> Mapping[str, datetime]:
    """Fingerprint -> since when, for every key the audit says this officer had."""
    links = view.audit(subject=f"{KEY_SUBJECT}{username}", limit=10_000)
    return {str(link.facts.get("digest")): link.at for link in links if link.event == "SignerCreated"}


# -- what one is worth ------------------------------------------------------------------------------------------------


def approval_state(desk: Desk, approval: Approval, p: Permohonan) -> ApprovalState:
    """Signature, key and content of one stored approval against the application as it is now."""
    return desk.register.read(lambda v: state_of(desk, v, approval, p))


def states(desk: Desk, permohonan_id: str) -> Mapping[str, ApprovalState]:
    """Approval id -> state, for every approval of an application."""
    def look(view: View) -> Mapping[str, ApprovalState]:
        p = view.permohonan(permohonan_id)
        return {a.id: state_of(desk, view, a, p) for a in view.approvals(p.id)}

    return desk.register.read(look)


def state_of(desk: Desk, view: View, approval: Approval, p: Permohonan) -> ApprovalState:
    if approval.kind not in UNSIGNED_KINDS:
        keys = known_keys(view, approval.officer)
        if not approval.signature and all(approval.at < since for since in keys.values()):
            return ApprovalState.TANPA_TANDA
        if not _signature_holds(desk, keys, approval):
            return ApprovalState.TIDAK_SAH
    now = _content_now(view, approval, p)
    return ApprovalState.SAH if now is None or approval.content_hash in now else ApprovalState.ISI_BERUBAH


def _signature_holds(desk: Desk, keys: Mapping[str, datetime], a: Approval) -> bool:
    if not a.signature or fingerprint(a.public_key) not in keys:
        return False
    message = approval_message(permohonan_id=a.permohonan_id, stage=a.stage, kind=a.kind, officer=a.officer, role=a.role,
                               content_hash=a.content_hash, note=a.note, at=a.at)
    return desk.officer_keys.verify(a.public_key, message, a.signature)


def _content_now(view: View, a: Approval, p: Permohonan) -> frozenset[str] | None:
    """Hashes the approval may hold if nothing changed since; None where the content is sealed and purged, so nothing can change."""
    if a.kind in ("paraf", "validasi"):
        return frozenset({content_hash(p)})
    if a.kind == "pengecualian":
        return frozenset(exception_hash(e) for e in view.exceptions(p.id))
    if a.kind in ("kartu_rusak", "kartu_kosong"):
        return frozenset(spoil_hash(j, j.spoil_reason) for j in view.card_jobs(p.id))
    if a.kind in ("rusak_kembali", "rusak_musnah"):
        return frozenset(spoil_hash(j, a.note) for j in view.card_jobs(p.id))
    if a.kind == "aktivasi":
        return frozenset(activation_hash(j) for j in view.card_jobs(p.id))
    if view.packet_of(p.id) is not None:
        return None
    if a.kind == "paksa":
        return frozenset(forced_hash(s) for s in view.samples(p.id, with_data=False) if s.forced)
    if a.kind == "tetap_pakai":
        return frozenset(forced_hash(s) for s in view.samples(p.id, with_data=False))
    if a.kind in ("tanda_tangan_pemohon", "pengesahan_operator"):
        return frozenset({review_hash(view, p)})
    return None


@dataclass(frozen=True, slots=True)
class ApprovalCheck:
    """All approvals of the register.

    Attributes:
        changed: how many speak of content from before a later change.
        unsigned: how many are from before officers had keys.
        invalid: those that do not hold (application id, approval id).
    """

    count: int
    changed: int
    unsigned: int
    invalid: tuple[tuple[str, str], ...]

    @property
    def whole(self) -> bool:
        return not self.invalid


def check_all(desk: Desk, actor: Actor) -> ApprovalCheck:
    """Verify every stored approval; part of ``register verify``. One page of applications is held at a time."""
    require(actor, "verify_register")

    def look(view: View) -> ApprovalCheck:
        seen: Counter[ApprovalState] = Counter()
        invalid: list[tuple[str, str]] = []
        for permohonan_id in _ids(view):
            p = view.permohonan(permohonan_id)
            for a in view.approvals(p.id):
                state = state_of(desk, view, a, p)
                seen[state] += 1
                if state is ApprovalState.TIDAK_SAH:
                    invalid.append((p.id, a.id))
        return ApprovalCheck(seen.total(), seen[ApprovalState.ISI_BERUBAH], seen[ApprovalState.TANPA_TANDA], tuple(invalid))

    found = desk.register.read(look)
    desk.register.write(lambda tx: tx.log("ApprovalChecked", "-", actor.username, count=found.count, failed=len(found.invalid)))
    return found


def sentence_of(check: ApprovalCheck) -> str:
    """What the check found, for people."""
    parts = [f"{number_text(check.count)} paraf dan persetujuan diperiksa"]
    if check.changed:
        parts.append(f"{number_text(check.changed)} berlaku untuk isi sebelumnya")
    if check.unsigned:
        parts.append(f"{number_text(check.unsigned)} dari masa sebelum ada tanda tangan")
    if check.invalid:
        return f"{', '.join(parts)}. {number_text(len(check.invalid))} TIDAK SAH. Jangan ubah apa pun; hubungi pengelola."
    return f"{', '.join(parts)}. Semua tanda tangan sah."


def _ids(view: View) -> Iterator[str]:
    after = ""
    while True:
        page = view.list(Query(limit=PAGE, after=after, newest_first=False))
        yield from (item.id for item in page)
        if len(page) < PAGE:
            return
        after = page[-1].id
