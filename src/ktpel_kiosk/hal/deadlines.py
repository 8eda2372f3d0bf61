"""Every wait of the hardware layer by name, in one table that is injected, so tests shorten it.

All values are seconds of ``time.monotonic``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ktpel_kiosk.domain.errors import BadInput

DEFAULTS: Mapping[str, float] = {
    "discovery.interval": 2.0,    # between two looks of one driver at the machine
    "discovery.first": 3.0,       # how long a slow preferred driver may hold back the others of its kind
    "discovery.stuck": 15.0,      # a look longer than this shows as trouble of that kind
    "actor.open": 12.0,           # opening and identifying one device
    "actor.reopen": 1.0,          # pause before a failed or lost device is opened again
    "actor.probe": 3.0,           # one health probe
    "actor.probe_interval": 5.0,  # between two probes of an idle device
    "actor.gone": 1.0,            # time a running call gets to notice that its device was unplugged
    "actor.takeover": 10.0,       # idle time before the wanted device, back again, replaces the one in use
    "manager.close": 3.0,         # the whole shutdown; threads stuck in a driver are left behind
    "preview.interval": 0.033,    # between two frames of a camera that answers at once; a live one sets its own pace
    "preview.retry": 0.5,         # pause after a preview frame that failed
    "camera.frame": 2.0,
    "camera.still": 5.0,
}


class Deadlines(Mapping[str, float]):
    """The table with overrides.

    Args:
        overrides: name to seconds, e.g. ``{"camera.frame": 0.5}``.

    Raises:
        BadInput: ``deadline.unknown`` or ``deadline.value``.
    """

    def __init__(self, overrides: Mapping[str, float] | None = None) -> None:
        self._table = dict(DEFAULTS)
        for name, seconds in (overrides or {}).items():
            if name not in DEFAULTS:
                raise BadInput("deadline.unknown", key=name)
            if not 0 < seconds <= 3600:
                raise BadInput("deadline.value", key=name, value=seconds)
            self._table[name] = float(seconds)

    def __getitem__(self, name: str) -> float:
        return self._table[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)
