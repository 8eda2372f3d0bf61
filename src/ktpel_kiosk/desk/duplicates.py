"""Was this person recorded here before, under another NIK? The office's own offline search over its kept fingers.

A finding is a warning with two records side by side, never a decision: the citizen goes on unless an officer says it is the same person.
Kept are minutiae and codes of at most four fingers, in the encrypted register, for as long as the office's rule says; images never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ktpel_kiosk.desk import capture_rules
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.returns import hold_as_duplicate
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import Position, Sample
from ktpel_kiosk.domain.desk_return import FINGERS, ids_text, read_ids
from ktpel_kiosk.domain.errors import BadInput, EnvironmentTrouble
from ktpel_kiosk.domain.free_text import note as clean_note
from ktpel_kiosk.domain.ganda import DuplicateCheck, DuplicateHit, FingerLikeness, KeptFinger, Putusan
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.ports.register import Tx, View
from ktpel_kiosk.ports.services import Candidate

KEPT: Final = 4
CHUNK: Final = 256
MOST_HITS: Final = 5

PREFERRED: Final = (
    Position.RIGHT_INDEX, Position.LEFT_INDEX, Position.RIGHT_THUMB, Position.LEFT_THUMB, Position.RIGHT_MIDDLE, Position.LEFT_MIDDLE,
    Position.RIGHT_RING, Position.LEFT_RING, Position.RIGHT_LITTLE, Position.LEFT_LITTLE,
)
"""Which fingers are kept: the first four that were recorded. More would find hardly more and keep more of a person than needed."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records an officer compares. ``portrait`` PNG, empty where it is no longer kept."""

    permohonan: Permohonan
    portrait: bytes
    recorded_by: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    check: DuplicateCheck
    new: Side
    hits: tuple[tuple[DuplicateHit, Side], ...]


def purge_due(desk: Desk) -> int:
    """Delete what is older than the office's rule; part of the day's work. Returns how many fingers went."""
    def work(tx: Tx) -> int:
        days = capture_rules.of_session(desk, tx, ()).keep_days
        return capture_rules.purge_kept(tx, desk.clock.now() - timedelta(days=days), days)

    return desk.register.write(work)


def search(desk: Desk, permohonan_id: str, cancelled: Callable[[], bool] = lambda: False) -> DuplicateCheck | None:
    """Compare the recorded fingers with everybody's kept ones, keep them, and store what was found. Seconds: call on a worker.

    Asked again without a new recording it answers from the register. ``None`` when the office keeps nothing, fewer than two fingers
    were recorded, fingers cannot be compared on this machine, or the search was cancelled.
    """
    days, own, done = desk.register.read(lambda v: (
        capture_rules.of_session(desk, v, ()).keep_days, _chosen(v.samples(permohonan_id)), _last(v, permohonan_id)))
    if days == 0 or len(own) < 2:
        return None
    if done is not None and done.at >= max(s.captured_at for s in own):
        return done
    try:
        forms = {s.position: desk.biometrics.retained_form(s.data) for s in own}
    except EnvironmentTrouble:  # no minutiae on this machine: the screens say so, the applicant goes on
        return None
    found, people = desk.register.read(lambda v: _identify(desk, v, permohonan_id, forms, cancelled))
    if cancelled():
        return None

    def work(tx: Tx) -> DuplicateCheck:
        now = desk.clock.now()
        nik = tx.permohonan(permohonan_id).penduduk.nik
        hits = tuple(_hit(c) for c in found if tx.permohonan(c.person).penduduk.nik != nik)[:MOST_HITS]
        check = DuplicateCheck(desk.ids.new(), permohonan_id, now, people, hits)
        tx.drop_fingers_of(permohonan_id)
        tx.keep_fingers([KeptFinger(permohonan_id, position, form, now) for position, form in forms.items()])
        tx.add_duplicate_check(check)
        tx.log("TemplatesKept", permohonan_id, "-", count=len(forms))
        tx.log("DuplicateSearched", permohonan_id, "-", count=len(hits), people=people)
        return check

    return desk.register.write(work)


def search_joined(desk: Desk, cancelled: Callable[[], bool] = lambda: False) -> int:
    """People a desk recorded while it was alone are compared with everybody at the office, once the desk is back, by their kept fingers.

    Returns how many of them look like somebody the desk did not know. Minutes where many were recorded: call on a worker. Cut off, it
    goes on with the rest next time.
    """
    alike = 0
    for id in desk.register.read(lambda v: read_ids(v.setting(FINGERS))):
        if cancelled():
            break
        forms = desk.register.read(lambda v, id=id: {k.position: k.form for k in v.kept_fingers_of(id)})  # type: ignore[misc]
        found: Sequence[Candidate] = ()
        people = 0
        if forms:
            found, people = desk.register.read(lambda v, id=id, forms=forms: _identify(desk, v, id, forms, cancelled))  # type: ignore[misc]
        if cancelled():
            break
        alike += desk.register.write(lambda tx, id=id, found=found, people=people: _compared(desk, tx, id, found, people))  # type: ignore[misc]
    return alike


def _compared(desk: Desk, tx: Tx, id: str, found: Sequence[Candidate], people: int) -> int:
    nik = tx.permohonan(id).penduduk.nik
    known = {hit.permohonan_id for check in tx.duplicate_checks(id) for hit in check.hits}
    hits = tuple(_hit(c) for c in found if c.person not in known and tx.permohonan(c.person).penduduk.nik != nik)[:MOST_HITS]
    if hits:
        tx.add_duplicate_check(DuplicateCheck(desk.ids.new(), id, desk.clock.now(), people, hits))
    tx.put_setting(FINGERS, ids_text([i for i in read_ids(tx.setting(FINGERS)) if i != id]))
    tx.log("DuplicateSearched", id, "-", count=len(hits), people=people)
    return int(bool(hits))


def _chosen(samples: Sequence[Sample]) -> list[Sample]:
    best = {s.position: s for s in samples if s.best}
    return [best[p] for p in PREFERRED if p in best][:KEPT]


def _last(view: View, permohonan_id: str) -> DuplicateCheck | None:
    checks = view.duplicate_checks(permohonan_id)
    return checks[-1] if checks else None


def _identify(desk: Desk, view: View, permohonan_id: str, forms: dict[Position, bytes],
              cancelled: Callable[[], bool]) -> tuple[Sequence[Candidate], int]:
    """Candidates, and how many other people were compared with."""
    others: set[str] = set()

    def gallery() -> Iterator[list[tuple[str, Position, bytes]]]:
        for position in forms:
            chunk: list[tuple[str, Position, bytes]] = []
            for kept in view.kept_fingers(position):
                if kept.permohonan_id != permohonan_id:
                    others.add(kept.permohonan_id)
                    chunk.append((kept.permohonan_id, position, kept.form))
                if len(chunk) == CHUNK:
                    yield chunk
                    chunk = []
            if chunk:
                yield chunk

    return desk.biometrics.identify(forms, gallery(), cancelled), len(others)


def _hit(candidate: Candidate) -> DuplicateHit:
    fingers = tuple(FingerLikeness(new, old, round(score, 4)) for new, old, score in candidate.fingers)
    return DuplicateHit(candidate.person, round(candidate.score, 4), fingers)


def open_check(desk: Desk, permohonan_id: str) -> DuplicateCheck | None:
    """The finding of this application that waits for an officer's word."""
    return desk.register.read(lambda v: next((c for c in reversed(v.duplicate_checks(permohonan_id)) if c.open), None))


def side_by_side(desk: Desk, actor: Actor, check_id: str) -> SideBySide:
    """Both records for an officer's eyes.

    Raises:
        NotAllowed, NotFound.
    """
    require(actor, "resolve_duplicate")

    def look(view: View) -> SideBySide:
        check = view.duplicate_check(check_id)
        return SideBySide(check, _side(view, check.permohonan_id), tuple((h, _side(view, h.permohonan_id)) for h in check.hits))

    return desk.register.read(look)


def _side(view: View, permohonan_id: str) -> Side:
    faces = [s for s in view.samples(permohonan_id) if s.best and s.position is Position.FACE]
    kept = [d.data for d in view.documents(permohonan_id) if d.kind == "kartu.portret"]
    portrait = faces[-1].data if faces else kept[-1] if kept else b""
    recorders = [link.actor for link in view.audit(subject=permohonan_id, limit=10_000) if link.event == "SampleAccepted"]
    return Side(view.permohonan(permohonan_id), portrait, recorders[-1] if recorders else "")


def decide(desk: Desk, actor: Actor, check_id: str, decision: Putusan, reason: str) -> DuplicateCheck:
    """An officer's word on a finding. Another person: nothing changes for the applicant. The same person: an application that is not
    sealed yet is held for the SOP Data Ganda; a sealed one goes its way, the centre decides.

    Raises:
        NotAllowed, NotFound, StaleView (decided meanwhile). BadInput: no decision, no reason.
    """
    require(actor, "resolve_duplicate")
    text = clean_note(reason, "alasan")
    if decision is Putusan.BELUM or not text:
        raise BadInput("ganda.decision", expected=" / ".join(p.value for p in Putusan if p.value))

    def work(tx: Tx) -> DuplicateCheck:
        done = tx.decide_duplicate(check_id, decision, actor.username, desk.clock.now(), text)
        tx.log("DuplicateDecided", done.permohonan_id, actor.username, status=decision.value, count=len(done.hits))
        if decision is Putusan.ORANG_SAMA:
            hold_as_duplicate(desk, tx, actor, done.permohonan_id, text)
        return done

    return desk.register.write(work)
