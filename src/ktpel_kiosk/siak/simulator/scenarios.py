"""What may become of a packet at the centre, by name: the ways of DOMAIN.md 5.2, with delays as offices tell them."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.status import StatusSiak as S

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
SPREAD = 0.5
"""Sigma of the log-normal draw around a typical delay."""
LONG_STEPS = 100
"""How many plain steps a delay of days lasts when steps, not minutes, set the pace."""


@dataclass(frozen=True, slots=True)
class Stage:
    """``typical_s`` after the stage before it: the median of what is drawn."""

    status: S
    typical_s: float
    reason: str = ""


_SENT = Stage(S.SENT_FOR_ENROLLMENT, 1 * MINUTE)
_AT_CENTRE = Stage(S.RECEIVED_AT_CENTRAL, 3 * MINUTE)
_READY = Stage(S.PRINT_READY_RECORD, 11 * MINUTE)
_TWIN = Stage(S.DUPLICATE_RECORD, 9 * MINUTE, "Sidik jari sama dengan NIK lain")
_SIMILAR = Stage(S.ADJUDICATE_RECORD, 9 * MINUTE, "Sidik jari mirip orang lain")
_SEARCH = Stage(S.SEARCH_FAILURE_AT_CENTRAL, 9 * MINUTE, "Pencarian gagal")
_ASKED = Stage(S.REQUEST_VALIDATION, 9 * MINUTE, "Perlu validasi Dinas")

SCENARIOS: Mapping[str, tuple[Stage, ...]] = {
    "print-ready": (_AT_CENTRE, _READY),
    "regional": (_SENT, _AT_CENTRE, _READY),
    "stuck": (_SENT, Stage(S.RECEIVED_AT_CENTRAL, 5 * DAY), _READY),
    "stuck-for-ever": (_SENT,),
    "failure-regional": (_SENT, Stage(S.ENROLL_FAILURE_AT_REGIONAL, 20 * MINUTE, "Data tidak terbaca di wilayah")),
    "failure-central": (_AT_CENTRE, Stage(S.ENROLL_FAILURE_AT_CENTRAL, 9 * MINUTE, "Data tidak lengkap di pusat")),
    "search-failure": (_AT_CENTRE, _SEARCH),
    "adjudicate": (_AT_CENTRE, _SIMILAR),
    "adjudicate-ready": (_AT_CENTRE, _SIMILAR, Stage(S.PRINT_READY_RECORD, 2 * DAY, "Hasil ajudikasi: orang berbeda")),
    "adjudicate-duplicate": (_AT_CENTRE, _SIMILAR, Stage(S.DUPLICATE_RECORD, 2 * DAY, "Hasil ajudikasi: orang yang sama")),
    "duplicate": (_AT_CENTRE, _TWIN),
    "duplicate-deleted": (_AT_CENTRE, _TWIN, Stage(S.PRINT_READY_RECORD, 3 * DAY, "Data ganda sudah dihapus")),
    "validation": (_AT_CENTRE, _ASKED, Stage(S.PRINT_READY_RECORD, 1 * DAY, "Sudah divalidasi")),
    "validation-duplicate": (_AT_CENTRE, _ASKED, Stage(S.DUPLICATE_RECORD, 1 * DAY, "Validasi: data ganda")),
    "reprocess": (_AT_CENTRE, _SEARCH, Stage(S.SENT_FOR_ENROLLMENT, 2 * HOUR, "Diproses ulang"), _AT_CENTRE, _READY),
    "silent": (),
}


def check_name(name: str) -> str:
    """The name itself. Raises BadInput ``gateway_sim.scenario``."""
    if name not in SCENARIOS:
        raise BadInput("gateway_sim.scenario", value=name[:40], expected=", ".join(SCENARIOS))
    return name


def delays(name: str, packet_id: str, seed: int, speed: float) -> list[tuple[Stage, float]]:
    """Each stage of a scenario with its delay in seconds: drawn once per packet, the same at every start; ``speed`` shortens all."""
    rng = random.Random(f"{seed}:{name}:{packet_id}:delay")
    return [(stage, stage.typical_s * rng.lognormvariate(0.0, SPREAD) / speed) for stage in SCENARIOS[name]]


@dataclass
class Choices:
    """Which scenario a packet plays; everything may be changed while the server runs.

    Attributes:
        default: for everybody else.
        chosen: by packet id or NIK; the packet id wins.
        shares: scenario to share of all packets (0..1, together at most 1), drawn per packet with the seed.
    """

    default: str = ""
    chosen: dict[str, str] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*self.chosen.values(), *self.shares, *((self.default,) if self.default else ())):
            check_name(name)
        if any(not 0 <= share <= 1 for share in self.shares.values()) or sum(self.shares.values()) > 1 + 1e-9:
            raise BadInput("gateway_sim.shares", limit=1)

    def name_for(self, packet_id: str, nik: str, seed: int) -> str:
        """Empty: nothing was chosen."""
        told = self.chosen.get(packet_id) or (self.chosen.get(nik) if nik else None)
        if told:
            return told
        drawn = random.Random(f"{seed}:{packet_id}:share").random()
        for name, share in self.shares.items():
            drawn -= share
            if drawn < 0:
                return name
        return self.default

    def choose(self, key: str, name: str) -> None:
        """For one packet id or NIK, or with an empty key for everybody who has no choice of his own."""
        check_name(name)
        if key:
            self.chosen[key] = name
        else:
            self.default = name


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A file of scenarios: ``choices``, and where written ``seed`` and ``speed``."""

    choices: Choices
    seed: int | None
    speed: float | None


def read_scenarios(path: Path) -> ScenarioFile:
    """TOML: ``default``, ``seed``, ``speed``, ``[shares]`` scenario = share, ``[chosen]`` "packet id or NIK" = scenario.

    Raises BadInput ``gateway_sim.file``, ``gateway_sim.scenario``, ``gateway_sim.shares``.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
        chosen, shares = _table(found, "chosen", str), _table(found, "shares", float)
        seed, speed = found.get("seed"), found.get("speed")
        if set(found) - {"default", "seed", "speed", "shares", "chosen"} or not isinstance(found.get("default", ""), str):
            raise ValueError("unknown entry")
        if not (seed is None or isinstance(seed, int)) or not (speed is None or (isinstance(speed, int | float) and speed > 0)):
            raise ValueError("seed or speed")
    except (OSError, ValueError, TypeError, AttributeError) as e:
        raise BadInput("gateway_sim.file", path=path.name) from e
    return ScenarioFile(Choices(found.get("default", ""), chosen, shares), seed, float(speed) if speed is not None else None)


def _table(found: Mapping[str, Any], name: str, kind: type[Any]) -> dict[str, Any]:
    table = found.get(name, {})
    if any(not isinstance(v, kind) and not (kind is float and isinstance(v, int)) for v in table.values()):
        raise ValueError(name)
    return {str(k): kind(v) for k, v in table.items()}
