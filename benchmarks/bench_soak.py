"""Memory over a long day: 8 simulated hours, applicants served one after the other through the real windows, limit 5 % growth.

The windows are pressed as the tour presses them: intake, checks, recording, seal, print, activation, hand-over, with the officers signing
in and out, and the office's own pages between them. The register is the real one; devices, centre and image judge are those of the
windows' tests and answer at once, as the simulators would need a night and weigh more than the windows. Counted after a warm-up and at
the end, signed out, the pages of who left gone, and swept: resident memory, Python objects, Qt objects, open files, threads. So rows of
the day's applicants that a list shows rightly do not count, and whatever outlives its page does. The ratio is the worst of them, end
against warm-up; files and threads may grow by two. Python's weak references are not counted: SQLCipher's driver notes each
statement it compiled in one and throws the dead ones away by the 200, on each of its connections. ``KTPEL_SOAK=500`` is the whole day
(hours); by default 30 applicants are served, and the detail tells the growth per 100.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import weakref
from importlib import import_module
from pathlib import Path
from typing import Any

LIMIT = 1.05
DEFAULT = 30
BOX = 100
"""Blanks a delivery brings."""
ROUND = 5
"""All pages of the office are looked at after so many applicants."""
DAY_S, DAY_APPLICANTS = 8 * 3600.0, 500
TESTS = Path(__file__).resolve().parent.parent / "tests"
SHM = Path("/dev/shm")
POLL_MS = 4
SLACK = {"files": 2, "threads": 2}


def run() -> tuple[float, float, str]:
    wanted = max(4 * ROUND, int(os.environ.get("KTPEL_SOAK", DEFAULT)) // ROUND * ROUND)
    environment = {**os.environ, "KTPEL_LESS_MOTION": "1"}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    done = subprocess.run([sys.executable, "-X", "faulthandler", __file__, str(wanted)], env=environment, stdout=subprocess.PIPE, text=True,
                          timeout=120 + wanted * 120, stderr=None if "KTPEL_SOAK" in os.environ else subprocess.DEVNULL)
    assert done.returncode == 0, f"exit {done.returncode}"
    return judge(json.loads(done.stdout.splitlines()[-1]))


def judge(f: dict[str, Any]) -> tuple[float, float, str]:
    warm, end, served = f["warm"], f["end"], f["served"] - f["warm_up"]
    ratios = {name: (end[name] - min(SLACK.get(name, 0), max(0, end[name] - warm[name]))) / warm[name] for name in warm}
    told = "; ".join(f"{name} {warm[name]:,} to {end[name]:,} ({(end[name] - warm[name]) / served * 100:+,.1f} per 100)" for name in warm)
    worst = max(ratios, key=lambda n: ratios[n])
    return ratios[worst], LIMIT, (f"worst: {worst}; {f['served']} applicants in {f['hours']:.1f} simulated hours ({f['seconds']:.0f} s), "
                                  f"warm after {f['warm_up']}: {told}")


def resident_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024, 1)


def child(wanted: int) -> dict[str, Any]:
    from ktpel_kiosk.app.memory import tame_allocator
    tame_allocator()
    for folder in ("ui", "desk", ""):
        sys.path.insert(0, str(TESTS / folder))
    from PySide6.QtCore import QCoreApplication, QEvent, QObject
    from PySide6.QtWidgets import QApplication

    from ktpel_kiosk.app.clock import Uuid7
    from ktpel_kiosk.app.office import open_register
    from ktpel_kiosk.ui.app import behind_the_windows, make_windows
    from ktpel_kiosk.ui.garbage import give_back
    app = QApplication([])
    begun, warm_up = time.monotonic(), max(10, min(50, wanted // 3 // ROUND * ROUND))  # after the same round of pages as the end
    with tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as scratch:  # a disk's time to sync is most of the day otherwise
        office = import_module("fakes").FakeOffice("tempeh", lambda clock: open_register(Path(scratch), clock, Uuid7(clock)))
        windows = make_windows(office.desk, size=(1366, 768))
        day = Day(office, windows, Path(scratch))
        behind_the_windows(windows.operator)

        def counted() -> dict[str, float]:
            day.nobody()
            office.register._known._by_id.clear()  # the writer's applications: 64 at most, full only after as many applicants
            for _ in range(3):
                QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
                app.processEvents()
                gc.collect()
            office.register.rest()  # as the sweeper does while nobody is signed in
            give_back()
            qt = sum(1 + len(w.findChildren(QObject)) for w in QApplication.topLevelWidgets())
            return {"MB": resident_mb(), "objects": sum(type(o) is not weakref.ref for o in gc.get_objects()), "Qt objects": qt,
                    "files": len(os.listdir("/proc/self/fd")), "threads": len(os.listdir("/proc/self/task"))}

        warm: dict[str, float] = {}
        start = office.clock.now()
        for n in range(1, wanted + 1):
            day.serve(n)
            office.clock.advance(max(0.0, DAY_S / DAY_APPLICANTS * n - (office.clock.now() - start).total_seconds()))
            if n == warm_up:
                warm = counted()
            if n % 10 == 0 or n <= 5:
                print(f"{n}: {time.monotonic() - begun:.0f} s {counted()}", file=sys.stderr, flush=True)
        end = counted()
        windows.close()
        hours = (office.clock.now() - start).total_seconds() / 3600
    return {"warm": warm, "end": end, "served": wanted, "warm_up": warm_up, "hours": hours, "seconds": time.monotonic() - begun}


class Day:
    """One desk, applicant after applicant."""

    def __init__(self, office: Any, windows: Any, out: Path) -> None:
        from ktpel_kiosk.ui.tour import TourCast, invented_applicant
        self.office, self.windows = office, windows
        users = office.register.read(lambda v: [u for u in v.users() if u.active])
        self.person = invented_applicant(office.desk)
        self.cast = TourCast(import_module("fakes").PASSWORD, {u.username: frozenset(u.peran) for u in users}, self.person)
        self.tour = quick_tour(self, windows, self.cast, out)
        for window in (windows.operator, windows.applicant):
            window.resize(1366, 768)
            window.show()
        self.tour.settle()

    def serve(self, n: int) -> None:
        from dataclasses import replace
        person = replace(self.person, nik=f"{self.person.nik[:12]}{n:04d}", nama=f"SITI CONTOH {words(n)}")
        self.tour.cast = replace(self.cast, penduduk=person)
        from ktpel_kiosk.domain.sop import Stage
        self.tour.sign_in(self.tour.officer(Stage.TERIMA_BERKAS))
        self.tour.intake()
        pid = self.tour._pid()
        self.tour._through(pid)
        self.look_around(pid, n)
        if n % BOX == 0:
            self.blanks_come(n)
        self.forget_what_a_centre_would_keep()

    def blanks_come(self, n: int) -> None:
        from ktpel_kiosk.desk import printing
        from ktpel_kiosk.domain.sop import Peran
        serials = [f"K{n:06d}{at:03d}" for at in range(BOX)]
        printing.receive_blangko(self.office.desk, self.office.actors[Peran.SUPERVISOR], serials, f"BAST-{n}")

    def look_around(self, pid: str, n: int) -> None:
        """The pages of the office; all of them after every fifth applicant."""
        operator, tour = self.windows.operator, self.tour
        tour.sign_in("kasi")
        operator.go("register", id=pid)
        tour.settle()
        operator.press("Esc")
        keys = ("antrean", "beranda") if n % ROUND else ("antrean", "tugas", "pengaduan", "laporan", "pengaturan", "bantuan", "beranda")
        for key in keys:
            operator.go(key)
            tour.settle()
            page = operator.page(key)
            for tab in list(getattr(getattr(page, "tabs", None), "_tabs", ())) if n % ROUND == 0 else ():
                page.tabs.choose(tab)
                tour.settle()

    def nobody(self) -> None:
        """Signed out and the pages gone, as when somebody else sits down: what is counted then belongs to no list on a page."""
        operator = self.windows.operator
        operator.sign_out()
        self.tour.settle()
        operator._forget_pages()
        from ktpel_kiosk.ui.prebuild import Prebuilder
        ahead = operator.findChild(Prebuilder)  # a page it had begun is finished, then thrown away
        self.tour.wait(lambda: not (ahead._steps or operator.opening.busy or operator.dismantler.busy), "pages gone")

    def forget_what_a_centre_would_keep(self) -> None:
        """The doubles keep every job and paper in memory; the devices and the disk they stand for do not."""
        devices, spool = self.office.devices, getattr(self.office.desk, "spool", None)
        for kept in (devices.jobs, devices.titles, devices.chips, devices.started, getattr(spool, "kept", None),
                     getattr(spool, "files", None)):
            if kept is not None:
                kept.clear()


def words(n: int) -> str:
    """A number in letters: names hold no digits."""
    return "".join(chr(65 + int(d)) for d in str(n))


def quick_tour(day: Day, windows: Any, cast: Any, out: Path) -> Any:
    from PySide6.QtTest import QTest

    from ktpel_kiosk.domain.sop import Stage
    from ktpel_kiosk.ui import tour as tour_module
    from ktpel_kiosk.ui.pages import rekam_fingers
    from ktpel_kiosk.ui.tour import Look, Tour

    class Quick(QTest):
        """The tour's pauses without the eye's share: nobody looks at what was captured before the next group begins."""

        @staticmethod
        def qWait(ms: int) -> None:
            QTest.qWait(min(ms, POLL_MS) if ms <= 100 else ms // 16)

    tour_module.QTest = Quick  # type: ignore[misc,attr-defined]
    rekam_fingers.NEXT_MS = 20

    class QuickTour(Tour):
        """Waits for what it pressed, not for the eye."""

        office: Any

        def settle(self, ms: int = 0) -> None:
            for _ in range(2):
                QTest.qWait(2)
                self.wait(lambda: not self.windows.bridge.pending, "idle")
            QTest.qWait(2)

        def _to_front(self, window: Any) -> None:
            def there() -> bool:
                window.activateWindow()
                return bool(window.isActiveWindow() or window.isHidden())

            self.wait(there, "window in front")

        def shoot(self, *_args: Any, **_named: Any) -> None:
            return

        def centre(self, pid: str) -> None:
            self.windows.operator.go("antrean")
            self.settle()
            day.office.prr(pid)
            self.wait(lambda: self._stage(pid) is not Stage.MENUNGGU_PRR, "print ready")

    made = QuickTour(windows, cast, out, (Look(1366, 768),), False, 300.0)
    made.office = Colleagues(made)
    return made


class Colleagues:
    """The office's tour without its detours."""

    def __init__(self, tour: Any) -> None:
        from ktpel_kiosk.ui.tour_office import OfficeTour
        self._real = OfficeTour(tour)
        self.proxy, self.second_person, self.who = self._real.proxy, self._real.second_person, self._real.who

    def __getattr__(self, _name: str) -> Any:
        return lambda *_a, **_n: None


if __name__ == "__main__":
    print(json.dumps(child(int(sys.argv[1]))))
