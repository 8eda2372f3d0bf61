"""Rules of recording as an office sets them: least scores, tries, which attempt counts, what may be done to a photo. Pure.

Defaults after BSI TR-03121-3 (plain enrolment: thumb, index 30; middle 20; ring, little 10; three attempts a slap). They are German
values; Dukcapil or the office may set its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from ktpel_kiosk.domain.biometric import EYES, FINGERS, SLAPS, THUMBS, Modality, Position, Quality
from ktpel_kiosk.domain.errors import BadInput

MINIMUM_RANGE = (1, 90)
"""Nothing at all would pass above, anything below."""
TRIES_RANGE = (1, 9)
DAYS_RANGE = (1, 365)
FAILED = 255
"""A score that says quality could not be computed (ISO/IEC 29794-1)."""
POSITIONS: tuple[Position, ...] = (*FINGERS, Position.FACE, *EYES, Position.SIGNATURE)
_BSI = {"thumb": 30, "index": 30, "middle": 20, "ring": 10, "little": 10}
_BSI_ORDER = {"thumb": 0, "index": 1, "middle": 2, "ring": 3, "little": 4}
_FORMAT = 1


class BestOf(StrEnum):
    """Which of several attempts goes into the packet.

    ``BSI``: a touch is kept or dropped whole; one in which every finger passes wins, else the better vector of scores in the order
    index, middle, ring, little (thumbs: right, left). ``TERTINGGI``: the highest score of each finger by itself. ``TERAKHIR``: the
    last attempt.
    """

    BSI = "bsi"
    TERTINGGI = "tertinggi"
    TERAKHIR = "terakhir"


@dataclass(frozen=True, slots=True)
class Limit:
    """Least score that passes (a score equal to it does) and how many attempts come before anything may be forced."""

    minimum: int
    tries: int


def _usual(position: Position) -> Limit:
    if position.modality is Modality.FINGER:
        return Limit(_BSI[position.value.split("_", 1)[1]], 3)
    return Limit(1 if position is Position.SIGNATURE else 40, 3)


DEFAULT_LIMITS: Mapping[Position, Limit] = MappingProxyType({p: _usual(p) for p in POSITIONS})


@dataclass(frozen=True, slots=True)
class CaptureRules:
    """The rules one recording is judged by.

    Attributes:
        limits: one for every position of :data:`POSITIONS`.
        ganti_latar: the operator may replace the cloth behind a portrait; never done unasked.
        cari_ganda: look for the same person among this office's own recordings; otherwise no finger is kept either.
        simpan_hari: days after which a finger kept for that search is deleted.
        tanpa_nfiq2: finger scores of our own image measures count where NFIQ2 is missing; otherwise each must be forced.
    """

    limits: Mapping[Position, Limit] = field(default_factory=lambda: DEFAULT_LIMITS)
    best_of: BestOf = BestOf.BSI
    ganti_latar: bool = False
    cari_ganda: bool = True
    tanpa_nfiq2: bool = True
    simpan_hari: int = 30

    def minimum(self, position: Position) -> int:
        return self.limits[position].minimum

    def tries(self, position: Position) -> int:
        return self.limits[position].tries

    @property
    def keep_days(self) -> int:
        """How long fingers are kept for the search; 0: not at all."""
        return self.simpan_hari if self.cari_ganda else 0

    def counts(self, position: Position, quality: Quality) -> bool:
        """Whether this office lets the algorithm's score decide."""
        return self.tanpa_nfiq2 or position.modality is not Modality.FINGER or quality.algorithm.startswith("NFIQ2")

    def passes(self, position: Position, quality: Quality) -> bool:
        return quality.score != FAILED and quality.score >= self.minimum(position) and self.counts(position, quality)

    def chosen(self, new: Mapping[Position, Quality], accepted: Mapping[Position, Quality]) -> frozenset[Position]:
        """Positions of a new capture that take the place of what is accepted.

        A position without an accepted sample always does. ``new`` is one capture: fingers of one touch, both eyes, the face.
        """
        taken = {p for p in new if p not in accepted}
        for group in _groups(p for p in new if p in accepted):
            if group[0].modality is Modality.FINGER and self.best_of is BestOf.BSI:
                better = self._vector(group, new) >= self._vector(group, accepted)
                taken |= set(group) if better else set()
            elif group[0].modality is Modality.FINGER and self.best_of is BestOf.TERAKHIR:
                taken |= set(group)
            else:
                taken |= {p for p in group if _rank(new[p]) >= _rank(accepted[p])}
        return frozenset(taken)

    def _vector(self, group: tuple[Position, ...], qualities: Mapping[Position, Quality]) -> tuple[bool, tuple[int, ...]]:
        return all(self.passes(p, qualities[p]) for p in group), tuple(_rank(qualities[p]) for p in group)

    def whole_slap(self, position: Position) -> bool:
        """Whether a finger below the limit is taken again with its whole slap."""
        return position.modality is Modality.FINGER and self.best_of is BestOf.BSI

    def with_limits(self, changes: Mapping[Position, Limit]) -> CaptureRules:
        return checked(replace(self, limits=MappingProxyType({**self.limits, **changes})))


def _groups(positions: Any) -> list[tuple[Position, ...]]:
    """Fingers by slap in the order BSI compares them; everything else one by one."""
    asked = set(positions)
    out = []
    for slap in SLAPS:
        order = tuple(reversed(THUMBS)) if slap == THUMBS else tuple(sorted(slap, key=lambda p: _BSI_ORDER[p.value.split("_", 1)[1]]))
        group = tuple(p for p in order if p in asked)
        out += [group] if group else []
    return [*out, *((p,) for p in POSITIONS if p in asked and p.modality is not Modality.FINGER)]


def _rank(quality: Quality) -> int:
    return -1 if quality.score == FAILED else quality.score


def checked(rules: CaptureRules) -> CaptureRules:
    """The rules, all within their limits.

    Raises:
        BadInput: ``rules.position``, ``rules.minimum``, ``rules.tries``, naming the position; ``rules.days``.
    """
    for position in POSITIONS:
        limit = rules.limits.get(position)
        if limit is None:
            raise BadInput("rules.position", position=position.value)
        if not _within(limit.minimum, MINIMUM_RANGE):
            raise BadInput("rules.minimum", position=position.value, value=str(limit.minimum)[:20], limit="{}-{}".format(*MINIMUM_RANGE))
        if not _within(limit.tries, TRIES_RANGE):
            raise BadInput("rules.tries", position=position.value, value=str(limit.tries)[:20], limit="{}-{}".format(*TRIES_RANGE))
    if not _within(rules.simpan_hari, DAYS_RANGE):
        raise BadInput("rules.days", value=str(rules.simpan_hari)[:20], limit="{}-{}".format(*DAYS_RANGE))
    return rules


def _within(value: object, range_: tuple[int, int]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and range_[0] <= value <= range_[1]


def best_of(text: str) -> BestOf:
    """Raises BadInput ``rules.best_of``."""
    try:
        return BestOf(text.strip().lower())
    except ValueError:
        raise BadInput("rules.best_of", value=text[:40], expected=", ".join(BestOf)) from None


def number(text: str, key: str, position: Position) -> int:
    """A whole number as people type it. Raises BadInput ``key`` (``rules.minimum`` or ``rules.tries``)."""
    clean = text.strip()
    if not (clean.isascii() and clean.isdigit() and len(clean) <= 4):
        limit = "{}-{}".format(*(MINIMUM_RANGE if key == "rules.minimum" else TRIES_RANGE))
        raise BadInput(key, position=position.value, value=clean[:20], limit=limit)
    return int(clean)


def days(text: str) -> int:
    """Days as people type them. Raises BadInput ``rules.days``."""
    clean = text.strip()
    if not (clean.isascii() and clean.isdigit() and len(clean) <= 4):
        raise BadInput("rules.days", value=clean[:20], limit="{}-{}".format(*DAYS_RANGE))
    return int(clean)


def to_text(rules: CaptureRules) -> str:
    """Canonical JSON."""
    body = {
        "format": _FORMAT, "batas": {p.value: [rules.limits[p].minimum, rules.limits[p].tries] for p in POSITIONS},
        "pilih": rules.best_of.value, "ganti_latar": rules.ganti_latar, "cari_ganda": rules.cari_ganda, "tanpa_nfiq2": rules.tanpa_nfiq2,
        "simpan_hari": rules.simpan_hari,
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def of_text(text: str) -> CaptureRules:
    """What :func:`to_text` wrote; positions it does not name keep their usual limit. Raises BadInput ``rules.*``."""
    try:
        body = json.loads(text)
        given = body["batas"]
        limits = {p: Limit(*given[p.value]) if p.value in given else DEFAULT_LIMITS[p] for p in POSITIONS}
        flags = [body[k] for k in ("ganti_latar", "cari_ganda", "tanpa_nfiq2")]
        choice, kept = body["pilih"], body["simpan_hari"]
        sound = body["format"] == _FORMAT and all(isinstance(f, bool) for f in flags) and isinstance(choice, str)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadInput("rules.damaged") from None
    if not sound:
        raise BadInput("rules.damaged")
    background, search, own = flags
    return checked(CaptureRules(MappingProxyType(limits), best_of(choice), background, search, own, kept))


def differences(before: CaptureRules, now: CaptureRules) -> tuple[str, ...]:
    """What changed, for the audit: ``right_thumb 30/3 > 35/3``, ``pilih bsi > tertinggi``."""
    out = [f"{p.value} {a.minimum}/{a.tries} > {b.minimum}/{b.tries}"
           for p in POSITIONS if (a := before.limits[p]) != (b := now.limits[p])]
    if before.best_of is not now.best_of:
        out.append(f"pilih {before.best_of} > {now.best_of}")
    for name in ("ganti_latar", "cari_ganda", "tanpa_nfiq2"):
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            out.append(f"{name} {'ya' if old else 'tidak'} > {'ya' if new else 'tidak'}")
    if before.simpan_hari != now.simpan_hari:
        out.append(f"simpan_hari {before.simpan_hari} > {now.simpan_hari}")
    return tuple(out)
