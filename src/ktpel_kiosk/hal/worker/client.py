"""The kiosk's side: start the worker, ask it, end it when it hangs, start it again at the next call.

One call at a time, on the device's actor thread; :meth:`WorkerProcess.interrupt` and :meth:`WorkerProcess.close` from any thread.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ktpel_kiosk.domain import errors
from ktpel_kiosk.domain.errors import ALLOWED_FACTS, DeviceTrouble, NotConnected, Stalled
from ktpel_kiosk.hal.worker.serve import WireError, read_message, write_message

KINDS: Mapping[str, type[DeviceTrouble]] = {
    name: getattr(errors, name) for name in (
        "DeviceTrouble", "NotConnected", "Stalled", "Busy", "Jammed", "MediaEmpty", "CaptureFailed", "CardRemoved", "CardRefused",
        "OutcomeUnknown")
}
PATIENCE_S = 2.0
"""What a worker may take beyond the time its operation was given, before it is ended."""

_Message = tuple[dict[str, Any], list[bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    data: Mapping[str, Any]
    blobs: tuple[bytes, ...]


class WorkerProcess:
    """A worker that is started when first needed.

    Args:
        command: program and arguments; the program speaks :mod:`ktpel_kiosk.hal.worker.serve` on its standard streams.
        name: of the device or family, for errors.
        env: added to the environment.
    """

    def __init__(self, command: Sequence[str], name: str, env: Mapping[str, str] | None = None) -> None:
        self._command = list(command)
        self._name = name
        self._env = {**os.environ, **(env or {})}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._inbox: queue.SimpleQueue[_Message | None] = queue.SimpleQueue()
        self._number = 0

    @property
    def alive(self) -> bool:
        process = self._process
        return process is not None and process.poll() is None

    def call(self, operation: str, timeout_s: float, args: Mapping[str, Any] | None = None, blobs: Sequence[bytes] = (),
             on_event: Callable[[str, Mapping[str, Any], Sequence[bytes]], None] | None = None) -> Reply:
        """Ask and wait.

        Args:
            timeout_s: of the operation itself; the worker is ended ``PATIENCE_S`` after it.

        Raises:
            NotConnected: ``device.process`` (it does not start or ended). Stalled: ``device.no_answer``, it was ended.
            Any DeviceTrouble the worker refused with.
        """
        process = self._started()
        self._number += 1
        number, until = self._number, time.monotonic() + timeout_s + PATIENCE_S
        try:
            with self._writing:
                assert process.stdin is not None
                write_message(process.stdin, {"id": number, "op": operation, "args": dict(args or {})}, blobs)
        except (OSError, ValueError):
            self._end(process)
            raise self._gone(operation) from None
        while True:
            try:
                message = self._inbox.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                self._end(process)
                raise Stalled("device.no_answer", device=self._name, operation=operation, deadline_s=timeout_s) from None
            if message is None:
                self._end(process)
                raise self._gone(operation)
            header, got = message
            if header.get("id") != number:
                continue  # the rest of a call that was given up
            if "event" in header:
                if on_event is not None:
                    on_event(str(header["event"]), dict(header.get("data") or {}), got)
            elif "error" in header:
                raise self._refused(header["error"], operation)
            else:
                return Reply(dict(header.get("ok") or {}), tuple(got))

    def interrupt(self) -> None:
        """The running operation shall end soon; a worker without one does not mind."""
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError, ValueError), self._writing:
                write_message(process.stdin, {"interrupt": True})

    def close(self) -> None:
        """End the worker. Idempotent."""
        process = self._process
        if process is not None:
            self._end(process)

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return self._process
            try:
                # stderr is dropped: what a vendor's library prints may name people
                process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                           env=self._env)
            except OSError as error:
                raise NotConnected("device.process", device=self._name, errno=error.errno) from error
            inbox: queue.SimpleQueue[_Message | None] = queue.SimpleQueue()
            self._process, self._inbox = process, inbox
            threading.Thread(target=_listen, args=(process, inbox), daemon=True, name=f"worker-{self._name}").start()
            return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if self._process is process:
                self._process = None
        process.kill()
        with contextlib.suppress(OSError, ValueError):
            if process.stdin is not None:
                process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2.0)

    def _gone(self, operation: str) -> NotConnected:
        return NotConnected("device.process", device=self._name, operation=operation)

    def _refused(self, error: Any, operation: str) -> DeviceTrouble:
        told = error if isinstance(error, dict) else {}
        kind = KINDS.get(str(told.get("kind")), DeviceTrouble)
        facts = {k: v for k, v in dict(told.get("facts") or {}).items() if k in ALLOWED_FACTS and isinstance(v, str | int | float)}
        facts.setdefault("device", self._name)
        facts.setdefault("operation", operation)
        return kind(str(told.get("key") or "device.io"), **facts)


def _listen(process: subprocess.Popen[bytes], inbox: queue.SimpleQueue[_Message | None]) -> None:
    assert process.stdout is not None
    try:
        with process.stdout as stream:
            while (message := read_message(stream)) is not None:
                inbox.put(message)
    except (WireError, OSError, ValueError):
        pass
    inbox.put(None)
