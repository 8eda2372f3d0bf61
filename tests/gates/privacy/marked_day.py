"""The desk with its windows, at DEBUG, handed marked values everywhere; a process of its own, which dies in the end on purpose.

``marked_day.py <data> <report> <people> <leak>``; log on stderr. ``leak``: ``log``, ``temp``, ``file`` or ``clipboard`` writes one marker
there, so that a test can see the gate find it; ``-`` leaks nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from markers import Finder, Marked, marks, people, secrets

from ktpel_kiosk.app.hidden import hide_process

TEMP_ROOTS: list[Path] = []


class Watch:
    """What leaves the process beside its log: temp files as they are when removed, children with their arguments and environment."""

    def __init__(self, finder: Finder) -> None:
        self.finder, self.found, self._busy = finder, {}, False  # type: ignore[var-annotated]
        self.removed = self.children = 0
        sys.addaudithook(self._seen)

    def _seen(self, event: str, args: tuple[Any, ...]) -> None:
        if self._busy or event not in ("os.remove", "shutil.rmtree", "subprocess.Popen", "os.posix_spawn", "os.exec"):
            return
        self._busy = True
        try:
            if event in ("os.remove", "shutil.rmtree"):
                path = Path(os.fsdecode(args[0]))
                if any(path.is_relative_to(root) for root in TEMP_ROOTS):
                    self.removed += 1
                    self._note(f"temp {path.name}", self.finder.in_files(path))
            else:
                self.children += 1
                words = "\n".join(map(str, (*args, *os.environ.items())))
                self._note("child", {event: self.finder.hits(words.encode())})
        except (OSError, TypeError, ValueError):
            pass
        finally:
            self._busy = False

    def _note(self, where: str, hits: dict[str, set[str]]) -> None:
        for words in hits.values():
            if words:
                self.found.setdefault(where, []).extend(sorted(words))


def refused(act: Callable[[], Any], log: logging.Logger, desk: Any) -> int:
    """An act that must not succeed; its error goes where errors go: into the log and the sentence of a screen."""
    from ktpel_kiosk.domain.errors import KioskError
    try:
        act()
    except KioskError as error:
        log.warning("%s | %s", error, desk.sentences.of(error), exc_info=False)
        return 1
    return 0


def counter(kiosk: Any, officers: Any, who: list[Marked], log: logging.Logger) -> tuple[int, list[str]]:
    """Everybody comes to the counter with marked papers; half of what can be refused is."""
    from ktpel_kiosk.desk import complaints, intake, returns, sign_in, statuses, typed, users
    from ktpel_kiosk.domain.biodata import make_penduduk, penduduk_to_dict
    from ktpel_kiosk.domain.sop import Layanan, Peran
    from ktpel_kiosk.domain.text import phone_e164

    desk, errors, ids = kiosk.desk, 0, []
    loket, checker, boss = (officers.actors[r] for r in (Peran.LOKET, Peran.VERIFIKATOR, Peran.SUPERVISOR))
    for n, m in enumerate(who):
        p = m.penduduk
        items = frozenset(i.kode for i in intake.checklist(desk, Layanan.BARU_WNI, p))
        key = intake.begin_intake(desk, loket)
        intake.save_draft(desk, loket, key, {"nama": p.nama, "nik": p.nik, "nomor_hp": m.phone, "ibu": m.mother})
        made = intake.receive_papers(desk, loket, Layanan.BARU_WNI, p, items, nomor_hp=m.phone, draft_key=key,
                                     note=f"{m.comment}, ibu {m.mother}", mobile_place=f"rumah {p.alamat}")
        ids.append(made.id)
        refusals: list[Callable[[], Any]] = [
            lambda p=p, items=items: intake.receive_papers(desk, loket, Layanan.BARU_WNI, p, items),  # type: ignore[misc]
            lambda p=p: make_penduduk(today=desk.clock.now().date(), **{**penduduk_to_dict(p), "alamat": "\x00" + p.alamat}),  # type: ignore[misc]
            lambda p=p: make_penduduk(today=desk.clock.now().date(), **{**penduduk_to_dict(p), "nik": p.nik[:15]}),  # type: ignore[misc]
            lambda p=p: phone_e164(p.nama), lambda p=p: desk.register.read(lambda v: v.permohonan(p.nik)),  # type: ignore[misc]
            lambda m=m: users.save_user(desk, boss, m.mother, m.mother, (Peran.LOKET,), "x"),  # type: ignore[misc]
            lambda m=m: complaints.receive(desk, loket, m.mother, m.comment, m.comment, nama=m.mother),  # type: ignore[misc]
            lambda p=p: returns.reject(desk, loket, p.nik, p.nama),  # type: ignore[misc]
            lambda m=m: statuses.enter_status(desk, loket, m.penduduk.nik, m.comment)]  # type: ignore[misc]
        if n < 3:  # each costs a real hash
            refusals.append(lambda p=p: sign_in.sign_in(desk, p.nama, p.nik))  # type: ignore[misc]
        errors += sum(refused(act, log, desk) for act in refusals)
        typed.keep(desk, loket, f"loket/{n}", {"isi": f"{p.nama} {m.phone} {m.mother}"})
        if n % 3 == 0:
            made = intake.assign_number(desk, loket, made.id)
            returns.return_application(desk, checker, made.id, ("lain",), f"bukan {p.nama}, ibunya {m.mother}")
        if n % 10 == 1:
            complaints.receive(desk, loket, "langsung", "ringan", f"{m.comment} {p.nik}", nama=p.nama, kontak=m.phone)
    return errors, ids


def windows_typed(kiosk: Any, data: Path, words: list[str], log: logging.Logger, big: bool) -> dict[str, Any]:
    """Every page of the windows: each line is typed into, copied and sent; then the desk is locked. Returns what is left to see."""
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit

    from ktpel_kiosk.app.office import PRACTICE_PASSWORD
    from ktpel_kiosk.ui.app import make_windows
    from ktpel_kiosk.ui.page_table import PAGES

    windows = make_windows(kiosk.desk, data=data, size=(1366, 768))
    operator = windows.operator
    operator.show()

    def settle() -> None:
        for _ in range(400):
            QApplication.processEvents()
            if not windows.bridge.pending:
                break
            QTest.qWait(5)
        QTest.qWait(5)

    turn, typed_in, copied = 0, 0, 0
    settle()

    def sign_in(name: str, password: str) -> None:
        page: Any = operator.page("masuk")
        page.username.line.clear()
        QTest.keyClicks(page.username.line, name)
        QTest.keyClicks(page.password.line, password)
        QTest.keyClick(page.password.line, Qt.Key.Key_Return)
        settle()

    for name, password in ((words[0], words[1]), (words[2], words[3]), ("rina", words[4]), ("rina", PRACTICE_PASSWORD)):
        sign_in(name, password)
    signed_in = operator.session.actor.username
    places: list[tuple[str, dict[str, Any]]] = [(k, {}) for k, *_rest in PAGES] + [("tugas", {}), ("pengaduan", {"new": True})]
    places += [("pengaturan", {"section": s}) for s in ("kantor", "kalender", "petugas", "mutu", "sambungan", "simpanan", "blangko")]
    if not big:
        places = [("loket", {}), ("register", {}), ("pengaduan", {"new": True})]
    for turn_of, (key, args) in enumerate(places):
        if key == "pengaturan" and operator.session.actor.username == signed_in:
            operator.sign_out()
            settle()
            sign_in("camat", PRACTICE_PASSWORD)
        operator.go(key, **args)
        settle()
        shown = operator.page(key)
        if big and turn_of % 4 == 0:
            QTest.keyClick(operator, Qt.Key.Key_F2)
            settle()
        lines = [w for kind in (QLineEdit, QPlainTextEdit) for w in shown.findChildren(kind) if w.isVisible() and w.isEnabled()]
        for line in lines[:12]:
            word = words[turn % len(words)]
            turn += 1
            operator.activateWindow()
            line.setFocus()
            QTest.keyClicks(line, word)
            typed_in += 1
            line.selectAll()
            QTest.keyClick(line, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
            copied += QGuiApplication.clipboard().text() != ""
            QTest.keyClick(line, Qt.Key.Key_Return)
        settle()
    bug = words[5]

    def broken() -> None:
        raise RuntimeError(f"nilai {bug} tidak dapat dipakai")

    def worse() -> None:
        raise KeyError(bug)

    QTimer.singleShot(0, broken)  # inside Qt: nobody catches it
    windows.bridge.run(worse, lambda _r: None, lambda error: log.error("%s | %s", error, kiosk.desk.sentences.of(error)))
    try:
        QTest.qWait(60)
    except RuntimeError:  # Qt hands it to whoever called Qt; in the program that is nobody
        sys.excepthook(*sys.exc_info())
    settle()
    title = operator.windowTitle()
    operator.lock()
    settle()
    clipboard = QGuiApplication.clipboard().text()
    windows.close()
    return {"typed": typed_in, "copied": copied, "clipboard": clipboard, "title": title, "signed_in": signed_in, "pages": len(places)}


def mishaps(kiosk: Any, officers: Any, ids: list[str], log: logging.Logger) -> int:
    """Devices that stall or vanish while an applicant sits there; a line that leads nowhere."""
    from ktpel_kiosk.desk import recording
    from ktpel_kiosk.domain.sop import Peran

    desk, operator, seen = kiosk.desk, officers.actors[Peran.OPERATOR], 0
    for kind in ("camera", "fingerprint", "iris", "signature", "scanner"):
        kiosk.world.faults.add(kind, "unplugged")
    for act in (recording.capture_face, recording.capture_irises, recording.capture_signature):
        seen += refused(lambda act=act: act(desk, operator, ids[0]), log, desk)  # type: ignore[misc]
    kiosk.uploader.run_once()
    try:
        kiosk.uploader.pull_statuses()
    except Exception as error:
        log.exception("line")
        assert type(error).__module__.startswith("ktpel_kiosk"), type(error)
    return seen


def full_way(kiosk: Any, officers: Any, permohonan_id: str) -> str:
    """One applicant recorded by the simulated devices and sealed: packet, spare, samples, scans lie on the disk."""
    from ktpel_kiosk.app.practice import seat
    from ktpel_kiosk.app.walk import Walk

    walk = Walk(kiosk.desk, officers, seat=lambda p: seat(kiosk, p), card_to_reader=lambda _j: None)
    return str(walk.advance(permohonan_id).current().stage)


class QuickHash:
    """Not Argon2: a short day is not about what a hash costs (the full day has the real one)."""

    def hash(self, password: str) -> str:
        return hashlib.sha256(password.encode()).hexdigest()

    def verify(self, hashed: str, password: str) -> bool:
        return self.hash(password) == hashed


def hasher_for(big: bool) -> Any:
    from ktpel_kiosk.app import officer_keys
    from ktpel_kiosk.app.passwords import Argon2Hasher
    if big:
        return Argon2Hasher()
    officer_keys._derive = lambda password, salt, *_cost: hashlib.sha256(salt + password.encode()).digest()  # type: ignore[assignment]
    return QuickHash()


def main() -> None:
    data, report, count, leak = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    big = count >= 20
    hide_process()
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    log = logging.getLogger("uji")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from ktpel_kiosk.app import sops
    from ktpel_kiosk.app.clock import PracticeClock
    from ktpel_kiosk.app.demo import day_start, sign_everybody_in
    from ktpel_kiosk.app.office import village_names
    from ktpel_kiosk.app.watchdog_life import catch_stacks
    from ktpel_kiosk.app.wiring import open_practice_kiosk
    from ktpel_kiosk.hal.simulators.world import SimulatedWorld

    kantor = sops.load("tempeh").kantor
    who = people(count, kantor, village_names(kantor.kode_wilayah))
    words = secrets(25 if big else 5)
    wanted = marks(who, words)
    TEMP_ROOTS.extend([Path(tempfile.gettempdir()), data / "kerja"])
    watch = Watch(Finder(wanted))
    catch_stacks(str(data))
    world = SimulatedWorld(seed=4, out_dir=data / "perangkat", hands_free=True)
    with open_practice_kiosk(data, "tempeh", clock=PracticeClock(day_start(kantor)), world=world, hasher=hasher_for(big)) as kiosk:
        kiosk.gateway_url = "https://127.0.0.1:9"
        kiosk.devices.settle(10.0)
        officers = sign_everybody_in(kiosk)
        errors, ids = counter(kiosk, officers, who, log)
        stage = full_way(kiosk, officers, ids[1]) if big else ""
        typed = [x for ws in words.values() for x in ws] + [x for m in who for x in (*m.four, m.phone, m.mother)]
        seen = windows_typed(kiosk, data, typed, log, big)
        faults = mishaps(kiosk, officers, ids, log)
        if big:
            kiosk.register.backup(data / "register" / "backups")
        first = next(iter(wanted))
        if leak == "log":
            log.debug("%s", first)
        if leak == "temp":
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(first)
                file.flush()
        if leak == "file":
            (data / "ui.json").write_text(json.dumps({"terakhir": first}))
        if leak == "base64":
            import base64
            (data / "register" / "catatan").write_bytes(base64.b64encode(f"x{first}".encode()))
        if leak == "clipboard":
            seen["clipboard"] = first
        clip = sorted(watch.finder.hits(seen.pop("clipboard").encode()))
        title = sorted(watch.finder.hits(seen.pop("title").encode()))
        command = sorted(watch.finder.hits("\0".join((*sys.argv, *os.environ.values())).encode()))
        report.write_text(json.dumps({
            **seen, "errors": errors, "faults": faults, "stage": stage, "markers": len(wanted), "in_clipboard": clip, "in_title": title,
            "watched": watch.found, "removed": watch.removed, "children": watch.children, "command": command}))
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGABRT)  # with everything open: journal, shared memory, temp files


if __name__ == "__main__":
    main()
