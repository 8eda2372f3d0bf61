"""Captures the desk refuses: a finger or an eye that was already taken under another name, the wrong hand, too few fingers,
a thumb print in place of the signature that is not the finger recorded before.

Nothing of a refused capture is stored. The last one of an application waits in memory, so that after the allowed tries a second
officer may let it count ("tetap pakai"); how often something was refused is counted from the audit, which survives a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.held import Held, Refusal
from ktpel_kiosk.domain.biometric import Modality, Position
from ktpel_kiosk.domain.errors import CaptureFailed, EnvironmentTrouble
from ktpel_kiosk.ports.register import View
from ktpel_kiosk.ports.services import Assessed, Conflict

EVENT, KEPT_EVENT = "CaptureRefused", "CaptureKept"
WRONG_HAND, OTHER_PRINT = "finger.wrong_hand", "signature.other_finger"
IDENTITY_KEYS = frozenset({"finger.same_twice", "finger.same_as", "finger.other_hand", WRONG_HAND, "iris.same_twice", "iris.same_as",
                           "iris.swapped", OTHER_PRINT})
"""Refusals of a capture that could be read; a second officer may overrule them."""
LINKS = 10_000


# -- judging ----------------------------------------------------------------------------------------------------------


def judge(desk: Desk, permohonan_id: str, new: Sequence[Assessed], *, instead: bool = False) -> Refusal | None:
    """What speaks against a capture of fingers or eyes, or None.

    Args:
        instead: the accepted samples of the same positions were of the wrong finger or eye and are being replaced.
    """
    asked = {a.position for a in new}

    def look(view: View) -> tuple[list[tuple[Position, bytes]], frozenset[frozenset[Position]]]:
        excused = {e.position for e in view.exceptions(permohonan_id)}
        modality = next(iter(asked)).modality
        taken = [(s.position, s.data) for s in view.samples(permohonan_id)
                 if s.best and s.position.modality is modality and s.position not in excused and not (instead and s.position in asked)]
        return taken, _kept_pairs(view, permohonan_id)

    accepted, allowed = desk.register.read(look)
    pairs = [(a.position, a.data) for a in new]
    fingers = new[0].position.modality is Modality.FINGER
    compare = desk.biometrics.finger_conflicts if fingers else desk.biometrics.iris_conflicts
    within = [c for c in compare(pairs, ()) if frozenset((c.position, c.found)) not in allowed]
    found = [c for c in compare(pairs, accepted) if frozenset((c.position, c.found)) not in allowed] if accepted and not within else []
    if within:
        return _refusal("finger.same_twice" if fingers else "iris.same_twice", within)
    if found:
        return _finger_refusal(found, asked) if fingers else _iris_refusal(found)
    if fingers and any(WRONG_HAND in a.quality.hints for a in new):
        return Refusal(WRONG_HAND, (), (("position", new[0].position.value),))
    return None


def judge_thumbprint(desk: Desk, permohonan_id: str, new: Assessed, finger: Position) -> Refusal | None:
    """Whether the print given as signature is not ``finger`` as it was accepted before; None where nothing was accepted to compare
    with, a second officer has agreed before, or this machine cannot compare.

    The pair of the refusal is the two prints that should be alike and are not.
    """
    def look(view: View) -> tuple[bytes | None, bool]:
        taken = next((s.data for s in view.samples(permohonan_id) if s.best and s.position is finger), None)
        return taken, frozenset((new.position, finger)) in _kept_pairs(view, permohonan_id)

    accepted, agreed = desk.register.read(look)
    if accepted is None or agreed:
        return None
    try:
        similarity = desk.biometrics.compare_fingers(new.data, accepted)
    except EnvironmentTrouble:  # no minutiae on this machine: the screens say so, the applicant goes on
        return None
    return None if similarity >= desk.biometrics.match_threshold else _refusal(OTHER_PRINT, [Conflict(new.position, finger, similarity)])


def _finger_refusal(found: Sequence[Conflict], asked: set[Position]) -> Refusal:
    """The other hand, or a finger taken before under another name."""
    across = [c for c in found if _hand(c.position) != _hand(c.found)]
    mirrored = [c for c in across if c.position.value.split("_")[1] == c.found.value.split("_")[1]]
    if len(across) >= 2 or (len(asked) == 1 and mirrored):
        return _refusal("finger.other_hand", [*across, *(c for c in found if c not in across)])
    return _refusal("finger.same_as", found)


def _iris_refusal(found: Sequence[Conflict]) -> Refusal:
    return _refusal("iris.swapped" if len({c.position for c in found}) == 2 else "iris.same_as", found)


def _refusal(key: str, found: Sequence[Conflict]) -> Refusal:
    return Refusal(key, tuple(found), (("position", found[0].position.value), ("found", found[0].found.value)))


def _hand(position: Position) -> str:
    return position.value.split("_", 1)[0]


# -- remembering ------------------------------------------------------------------------------------------------------


def note_refusal(desk: Desk, actor: str, permohonan_id: str, held: Held, limit: int) -> int:
    """Audit the refusal and keep the capture waiting; returns how many times the positions of this capture were refused."""
    asked = [a.position for a in held.assessed]
    desk.held.keep(permohonan_id, held)
    count = 1 + desk.register.read(lambda v: refusals(v, permohonan_id, asked))
    facts = dict(held.refusal.facts)
    desk.register.write(lambda tx: tx.log(
        EVENT, permohonan_id, actor, reason=held.refusal.key, asked=_names(asked), attempt=count, limit=limit, **facts))
    return count


def note_failure(desk: Desk, actor: str, permohonan_id: str, asked: Sequence[Position], error: CaptureFailed) -> None:
    """Audit a capture nothing could be read from, or with too few fingers in it."""
    found, missing = error.facts.get("found"), error.facts.get("missing") or error.facts.get("position")
    desk.register.write(lambda tx: tx.log(
        EVENT, permohonan_id, actor, reason=error.message_key, asked=_names(asked), found=found, position=missing,
        expected=error.facts.get("expected")))


def refusals(view: View, permohonan_id: str, asked: Sequence[Position]) -> int:
    """How many readable captures of one of these positions were refused so far."""
    counts = counted(view, permohonan_id)
    return max((counts.get(p, 0) for p in asked), default=0)


def counted(view: View, permohonan_id: str) -> Mapping[Position, int]:
    """Position -> how often a readable capture with it was refused."""
    out: dict[Position, int] = {}
    for link in view.audit(subject=permohonan_id, limit=LINKS):
        if link.event == EVENT and link.facts.get("reason") in IDENTITY_KEYS:
            for name in str(link.facts.get("asked", "")).split(","):
                out[Position(name)] = out.get(Position(name), 0) + 1
    return out


def caught(view: View, permohonan_id: str) -> list[dict[str, str]]:
    """Every refused capture of an application in order: ``reason``, ``asked`` and, where known, ``position`` and ``found``."""
    names = ("reason", "asked", "position", "found", "expected")
    return [{k: str(link.facts[k]) for k in names if link.facts.get(k) is not None}
            for link in view.audit(subject=permohonan_id, limit=LINKS) if link.event == EVENT]


def _kept_pairs(view: View, permohonan_id: str) -> frozenset[frozenset[Position]]:
    """Pairs a second officer let count although they are alike."""
    return frozenset(
        frozenset((Position(str(link.facts["position"])), Position(str(link.facts["found"]))))
        for link in view.audit(subject=permohonan_id, limit=LINKS) if link.event == KEPT_EVENT and link.facts.get("found"))


def _names(positions: Sequence[Position]) -> str:
    return ",".join(p.value for p in positions)
