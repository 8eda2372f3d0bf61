"""The thread starts, is woken, outlives bugs and stops without leaving anything behind."""

from __future__ import annotations

import threading

from gateway_fakes import Office

from ktpel_kiosk.domain.errors import DiskFull
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.siak.network_thread import Rhythm, UploaderThread

SLOW = Rhythm(idle_s=30.0, status_every_s=1000.0, status_wait_s=0.0)


def test_a_newly_sealed_packet_goes_out_when_woken(office: Office, simulator, connect, uploader_for):
    sent = threading.Event()
    thread = UploaderThread(uploader_for(connect(simulator.port), on_received=lambda packet_id: sent.set()), SLOW)
    thread.start()
    packet = office.add(5000)
    thread.wake()
    assert sent.wait(5.0)
    assert thread.stop()
    assert office.state(packet).state is PacketState.RECEIVED
    assert not [t for t in threading.enumerate() if t.name == "siak-network"]


def test_a_full_disk_or_a_bug_does_not_end_the_thread():
    class Stumbling:
        def __init__(self):
            self.passes, self.third = 0, threading.Event()

        def run_once(self, budget_s):
            self.passes += 1
            if self.passes == 1:
                raise DiskFull("storage.disk_full")
            if self.passes == 2:
                raise ZeroDivisionError
            self.third.set()

        def pull_statuses(self, wait_s):
            return 0

        def probe_now(self):
            pass

        request_stop = probe_now

    uploader = Stumbling()
    thread = UploaderThread(uploader, Rhythm(idle_s=0.01))
    thread.start()
    assert uploader.third.wait(5.0)
    assert thread.stop()


def test_stop_before_start_is_fine(office, connect, simulator, uploader_for):
    assert UploaderThread(uploader_for(connect(simulator.port)), SLOW).stop()
