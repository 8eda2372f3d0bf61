"""The network part of a kiosk: clients of the gateway, the uploader with its two lanes, the office's rules of the line."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from ktpel_kiosk.app.lazy import lazily

if TYPE_CHECKING:
    from ktpel_kiosk.app.renewing import RenewingGateway
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.domain.line import LineReport, LineRules
    from ktpel_kiosk.ports.clock import Clock
    from ktpel_kiosk.ports.register import Register
    from ktpel_kiosk.ports.services import Gateway
    from ktpel_kiosk.siak.http_gateway import HttpGateway
    from ktpel_kiosk.siak.network_thread import Rhythm, UploaderThread
    from ktpel_kiosk.siak.uploader import Uploader


class Network:
    """Everything of one kiosk that speaks with the centre. Nothing is imported or connected before it is used.

    Args:
        connect: makes a client of the gateway that goes through this proxy (empty: none). Called twice: bytes travel over connections
            of their own, so that a receipt never waits behind a chunk, nor a chunk loses its connection to a question. Called again
            when ``stamp`` changed.
        desk: asked late; it is made after this.
        stamp: what a client is made of (:class:`ktpel_kiosk.app.renewing.RenewingGateway`).
    """

    def __init__(self, register: Register, clock: Clock, connect: Callable[[str], HttpGateway], desk: Callable[[], Desk],
                 stamp: Callable[[], object] = lambda: None) -> None:
        self._register, self._clock, self._connect, self._desk, self._stamp = register, clock, connect, desk, stamp
        self._opened: list[RenewingGateway] = []
        self._rules: LineRules | None = None
        self._uploader: Uploader | None = None
        self._thread: UploaderThread | None = None
        self.gateway: Gateway = lazily(self._open)

    @property
    def uploader(self) -> Uploader:
        """Used by its own threads, or pumped by the demonstration."""
        if self._uploader is None:
            self._uploader = self._made()
        return self._uploader

    def _made(self) -> Uploader:
        from ktpel_kiosk.desk import sign_in_bound, statuses
        from ktpel_kiosk.domain.text import zone
        from ktpel_kiosk.siak.uploader import Uploader

        desk = self._desk()
        bytes_line: Gateway = lazily(self._open)
        return Uploader(
            self._register, bytes_line, desk.sealer, self._clock, random.Random(), small=self.gateway, rules=self.rules,
            zone=lambda: zone(desk.sop.kantor.zona_waktu), on_received=lambda packet_id: statuses.note_receipt(desk, packet_id),
            on_status=lambda event: statuses.apply_status(desk, event),
            on_answer=lambda: sign_in_bound.answered(desk),
        )

    def start(self, beside: Callable[[], object], always: Callable[[], object], rhythm: Rhythm | None = None) -> None:
        """Start the lanes, once; they wait until there is something due. ``rhythm``: other times than the usual ones."""
        if self._thread is not None:
            return
        from ktpel_kiosk.siak.network_thread import UploaderThread
        from ktpel_kiosk.siak.watcher import system_watcher

        self._thread = UploaderThread(self.uploader, rhythm, beside=beside, always=always, watcher=system_watcher())
        self._thread.start()

    def wake(self) -> None:
        if self._thread is not None:
            self._thread.wake()

    def report(self) -> LineReport:
        """What the sender knows of the line; a kiosk that sends nothing knows nothing. From memory: the windows ask each second, and while
        the office server is away a look into the register takes seconds and raises."""
        from ktpel_kiosk.domain.line import LineReport

        return self._uploader.line() if self._uploader is not None and self._rules is not None else LineReport()

    def rules(self) -> LineRules:
        """The office's rules in force; read from the register once."""
        if self._rules is None:
            from ktpel_kiosk.desk.line_rules import line_rules

            self._rules = line_rules(self._desk())
        return self._rules

    def changed(self) -> None:
        """The rules are others now: what is under way ends as it began, what comes next follows them."""
        self._rules = None
        for gateway in self._opened:
            gateway.use_proxy(self.rules().proxy)
        self.wake()

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    @property
    def first(self) -> HttpGateway | None:
        """A client that is open already."""
        return cast("HttpGateway", next((g for g in self._opened if g.made), None))

    def close(self) -> None:
        for gateway in self._opened:
            gateway.close()

    def _open(self) -> Gateway:
        from ktpel_kiosk.app.renewing import RenewingGateway

        made = RenewingGateway(lambda: self._connect(self.rules().proxy), self._stamp)
        self._opened.append(made)
        return cast("Gateway", made)
