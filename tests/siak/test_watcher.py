"""The network that comes back is noticed: real events on Linux, the Windows calls against a double, many notes are one call."""

from __future__ import annotations

import ctypes
import os
import queue
import shutil
import struct
import subprocess
import sys
import threading
from typing import Any

import pytest

from ktpel_kiosk.siak.watcher import Debounce, NoWatcher, system_watcher
from ktpel_kiosk.siak.watcher_linux import Arrivals, LinuxWatcher
from ktpel_kiosk.siak.watcher_windows import CALLBACK, WindowsWatcher

RUNNING, UP = 0x40, 0x1


def message(kind: int, body: bytes = b"\0" * 12) -> bytes:
    padded = body + b"\0" * (-len(body) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + padded


def link(index: int, flags: int, kind: int = 16) -> bytes:
    return message(kind, struct.pack("=BxHiII", 0, 1, index, flags, 0))


def test_what_came_counts_and_what_went_does_not():
    assert Arrivals().in_block(message(20))
    assert Arrivals().in_block(message(24))
    assert not Arrivals().in_block(message(21) + message(25))
    assert Arrivals().in_block(message(21) + message(24))


def test_a_link_counts_when_it_begins_to_run_not_whenever_it_tells_of_itself():
    seen = Arrivals()
    assert not seen.in_block(link(3, UP))
    assert seen.in_block(link(3, UP | RUNNING))
    assert not seen.in_block(link(3, UP | RUNNING))
    assert seen.in_block(link(4, UP | RUNNING)), "another interface"
    assert not seen.in_block(link(3, UP))
    assert seen.in_block(link(3, UP | RUNNING)), "the cable is in again"
    assert not seen.in_block(link(3, UP | RUNNING, kind=17))
    assert seen.in_block(link(3, UP | RUNNING))


@pytest.mark.parametrize("block", [b"", b"\1", message(24)[:15], struct.pack("=IHHII", 0, 24, 0, 0, 0),
                                   struct.pack("=IHHII", 4000, 24, 0, 0, 0), message(16, b"\0")])
def test_broken_messages_tell_nothing(block):
    assert not Arrivals().in_block(block)


def test_many_notes_are_one_call():
    calls: queue.Queue[int] = queue.Queue()
    debounce = Debounce(lambda: calls.put(1), settle_s=0.2)
    for _ in range(100):
        debounce.note()
    calls.get(timeout=10)
    assert calls.empty()
    debounce.note()
    calls.get(timeout=10)
    debounce.stop()
    debounce.note()
    assert calls.empty()


def test_a_line_that_never_rests_is_tried_all_the_same():
    called, resting = threading.Event(), threading.Event()
    debounce = Debounce(called.set, settle_s=60.0, at_most_s=0.1)

    def chatter() -> None:
        while not resting.wait(0.01):
            debounce.note()

    thread = threading.Thread(target=chatter)
    thread.start()
    try:
        assert called.wait(10.0)
    finally:
        resting.set()
        thread.join()
        debounce.stop()


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rtnetlink is Linux")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="making an interface needs root")
@pytest.mark.skipif(shutil.which("ip") is None, reason="ip(8) is not installed (Debian package iproute2)")
def test_an_interface_an_address_and_a_route_that_come_are_noticed():
    name = f"kt{os.getpid() % 100000}"
    try:
        ip("link", "add", name, "type", "veth", "peer", "name", f"{name}p")
    except subprocess.CalledProcessError as e:
        pytest.skip(f"this machine makes no interfaces: {e.stderr.decode().strip()}")
    seen: queue.Queue[int] = queue.Queue()
    watcher = LinuxWatcher(settle_s=0.05)
    try:
        watcher.start(lambda: seen.put(1))
        ip("link", "set", f"{name}p", "up")
        ip("link", "set", name, "up")
        seen.get(timeout=20)
        ip("addr", "add", "198.51.100.7/24", "dev", name)
        seen.get(timeout=20)
        ip("route", "add", "203.0.113.0/24", "dev", name)
        seen.get(timeout=20)
    finally:
        watcher.stop()
        ip("link", "del", name)
    while not seen.empty():
        seen.get()
    assert seen.empty()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rtnetlink is Linux")
def test_the_linux_watcher_stops_and_leaves_no_thread():
    watcher = LinuxWatcher()
    watcher.start(lambda: None)
    watcher.stop()
    watcher.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith("network-watcher")]


class IpHelper:
    """iphlpapi.dll: hands out handles and calls back when told, from another thread."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses, self.open, self.families = refuses, {}, []

    def _begin(self, name: str, family: int, callback: Any, initial: int, handle: Any) -> int:
        if name == self.refuses:
            return 87
        self.families.append((family, initial))
        number = len(self.families)
        self.open[number] = callback
        ctypes.cast(handle, ctypes.POINTER(ctypes.c_void_p))[0] = number
        return 0

    def NotifyIpInterfaceChange(self, family, callback, context, initial, handle):
        return self._begin("interface", family, callback, initial, handle)

    def NotifyUnicastIpAddressChange(self, family, callback, context, initial, handle):
        return self._begin("address", family, callback, initial, handle)

    def CancelMibChangeNotify2(self, handle):
        del self.open[handle.value]
        return 0

    def tell(self, kind: int) -> None:
        def call() -> None:
            for callback in list(self.open.values()):
                assert isinstance(callback, CALLBACK)
                callback(None, None, kind)

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()


@pytest.mark.parametrize("refuses", ["", "interface"])
def test_windows_tells_through_the_ip_helper(refuses):
    seen: queue.Queue[int] = queue.Queue()
    library = IpHelper(refuses)
    watcher = WindowsWatcher(library, settle_s=0.01)
    watcher.start(lambda: seen.put(1))
    assert set(library.families) == {(0, 0)}, "every family, no first call"
    library.tell(1)
    seen.get(timeout=10)
    library.tell(0)
    seen.get(timeout=10)
    library.tell(2)
    watcher.stop()
    assert seen.empty(), "what was removed is no reason"
    assert library.open == {}
    watcher.stop()


def test_each_system_has_its_watcher():
    assert isinstance(system_watcher("linux"), LinuxWatcher)
    assert isinstance(system_watcher("darwin"), NoWatcher)
