"""``ktpel-kiosk gateway``: the gateway simulator on loopback, for practice and for other developers; and talking to a running one."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.domain.errors import BadInput, NotFound

if TYPE_CHECKING:
    from ktpel_kiosk.siak.simulator.script import Behaviour

FOLDER = "gateway"
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """``shares``: texts ``NAME=SHARE``. ``admin_port``: of the page and the commands, 0 for any, ``None`` for none of both."""

    port: int = 0
    admin_port: int | None = 0
    step_s: float = 0.0
    realistic: bool = False
    speed: float = 1.0
    seed: int = 1
    scenario: str = ""
    shares: Sequence[str] = ()
    file: Path | None = None
    quota_bytes: int = 0
    while_stdin: bool = False


def behaviour_of(options: ServeOptions) -> Behaviour:
    """What the options ask of the centre; they win over the file. Raises BadInput ``gateway_sim.*``."""
    from ktpel_kiosk.siak.simulator.scenarios import Choices, read_scenarios
    from ktpel_kiosk.siak.simulator.script import Behaviour

    found = read_scenarios(options.file) if options.file is not None else None
    base = found.choices if found is not None else Choices()
    choices = Choices(options.scenario or base.default, base.chosen, dict(_share(text) for text in options.shares) or base.shares)
    speed = found.speed if found is not None and found.speed is not None else options.speed
    seed = found.seed if found is not None and found.seed is not None else options.seed
    return Behaviour(step_s=options.step_s, seed=seed, realistic=options.realistic, speed=speed, choices=choices,
                     quota_bytes=options.quota_bytes)


def _share(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError as e:
        raise BadInput("gateway_sim.share", value=text[:40]) from e


def serve(data: Path, options: ServeOptions, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``while_stdin``: also until standard input closes, so that no parent leaves it behind."""
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.app.office import open_central_keys
    from ktpel_kiosk.app.simulation import practice_gateway

    simulator = practice_gateway(data / FOLDER, open_central_keys(data), SystemClock(), port=options.port,
                                 admin_port=options.admin_port, behaviour=behaviour_of(options))
    simulator.start()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    say(f"Gateway simulasi di {simulator.base_url} (Ctrl+C untuk berhenti)")
    if simulator.admin_url:
        say(f"Halaman: {simulator.admin_url}/")
    if options.while_stdin:
        threading.Thread(target=_stop_with_stdin, args=(stop,), daemon=True).start()
    stop.wait()
    simulator.stop()


def _stop_with_stdin(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


def ask(data: Path, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Tell the running simulator of this data folder something. Raises NotFound, BadInput ``gateway_sim.refused``."""
    import httpx

    from ktpel_kiosk.siak.simulator.admin import read_address

    address = read_address(data / FOLDER)
    if not address:
        raise NotFound("gateway_sim.not_running")
    try:
        answer = httpx.request(method, str(address["url"]) + path, json=body, timeout=TIMEOUT_S, trust_env=False,
                               headers={"Authorization": f"Bearer {address['token']}"})
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError) as e:
        raise NotFound("gateway_sim.not_running") from e
    if answer.status_code >= 400 or not isinstance(found, dict):
        raise BadInput("gateway_sim.refused", reason=str(found.get("error", ""))[:40] if isinstance(found, dict) else "")
    return found
