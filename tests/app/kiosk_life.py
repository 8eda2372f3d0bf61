"""A watched kiosk that serves itself: each life signs in through the page and does what it is told, and says on stdout how far it got.

``kiosk_life.py DATA STORY``; stories: ``loket``, ``rekam``, ``pengaduan``. Used by test_kiosk_crash.py, which kills it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ktpel_kiosk.app import watchdog

NIK, NAME, TEXT = "3508050101900001", "SITI AMINAH", "Antre dua jam, loket hanya satu."


def say(what: str, **facts: Any) -> None:
    print(json.dumps({"what": what, "at": time.monotonic(), "pid": os.getpid(), **facts}), flush=True)


class Self:
    """Steps of one life, each tried again every 50 ms until it is done."""

    def __init__(self, windows: Any, story: str, data: Path) -> None:
        from PySide6.QtCore import QTimer

        self.windows, self.operator, self.data = windows, windows.operator, data
        self.again = bool(os.environ.get(watchdog.AFTER))
        steps = {"loket": self.loket, "rekam": self.rekam, "pengaduan": self.pengaduan}[story]
        self.steps: Iterator[Callable[[], bool]] = iter([self.usable, self.sign_in, *(self.find(story) if self.again else steps())])
        self.step = next(self.steps)
        self.timer = QTimer(self.operator)
        self.timer.timeout.connect(self.go_on)
        self.timer.start(50)

    def go_on(self) -> None:
        if self.step():
            found = next(self.steps, None)
            if found is None:
                self.timer.stop()
            else:
                self.step = found

    # -- what everybody does ------------------------------------------------------------------------------------------

    def usable(self) -> bool:
        """The sign-in page takes keys."""
        page = self.operator.shown()
        if not self.operator.isVisible() or self.operator.current != "masuk" or not page.primary.isEnabled():
            return False
        say("usable", again=self.again, told=page.message.plain())
        return True

    def sign_in(self) -> bool:
        from PySide6.QtTest import QTest

        page = self.operator.shown()
        if self.operator.current != "masuk":
            return True
        if not page.busy and not page.password.line.text():
            page.username.set_value("")
            QTest.keyClicks(page.username.line, "rina")
            QTest.keyClicks(page.password.line, "praktik")
            page.primary.click()
        return False

    def at(self, key: str, **args: Any) -> Callable[[], bool]:
        def step() -> bool:
            self.operator.go(key, **args)
            return True
        return step

    def type_into(self, find: Callable[[], Any], text: str) -> Callable[[], bool]:
        from PySide6.QtTest import QTest

        def step() -> bool:
            editor = find()
            if editor is None or not editor.isVisible():
                return False
            QTest.keyClicks(editor, text)
            return True
        return step

    def tell(self, what: str) -> Callable[[], bool]:
        def step() -> bool:
            say(what)
            return True
        return step

    # -- the first life -----------------------------------------------------------------------------------------------

    def loket(self) -> list[Callable[[], bool]]:
        page = self.operator.shown
        return [self.at("loket", new=True), self.type_into(lambda: page().nik.edit, NIK),
                self.type_into(lambda: page().form.fields["nama"].editor, NAME), self.tell("typed"), self.loket_kept, self.tell("kept")]

    def loket_kept(self) -> bool:
        from ktpel_kiosk.desk import intake
        found = intake.drafts(self.operator.desk, self.operator.session.actor)
        return any(form.get("nama") == NAME for form in found.values())

    def pengaduan(self) -> list[Callable[[], bool]]:
        return [self.at("pengaduan", new="1"), self.type_into(self.note, TEXT), self.tell("typed"), self.typing_kept, self.tell("kept")]

    def note(self) -> Any:
        from PySide6.QtWidgets import QPlainTextEdit
        return next((e for e in self.operator.shown().form.findChildren(QPlainTextEdit) if e.isVisible()), None)

    def typing_kept(self) -> bool:
        from ktpel_kiosk.desk import typed
        return any(TEXT in t.values.values() for t in typed.kept(self.operator.desk, self.operator.session.actor))

    def rekam(self) -> list[Callable[[], bool]]:
        return [self.at("perekaman"), self.open_first, self.show_photo, self.tell("typed"), self.place_kept, self.tell("kept")]

    def open_first(self) -> bool:
        page = self.operator.shown()
        if page.view is not None:
            return True
        rows = page.work.items()
        if rows:
            page.open_application(rows[0][0])
        return False

    def show_photo(self) -> bool:
        page = self.operator.shown()
        if page.view is None or page.part is None:
            return False
        page._tab("foto")
        return bool(page.part.key == "foto")

    def place_kept(self) -> bool:
        from ktpel_kiosk.ui.kiosk_place import FILE
        try:
            return bool(json.loads((self.data / FILE).read_text("utf-8"))["isi"].get("part") == "foto")
        except (OSError, ValueError, KeyError):
            return False

    # -- the life after -----------------------------------------------------------------------------------------------

    def find(self, story: str) -> list[Callable[[], bool]]:
        looks = {"loket": self.see_loket, "pengaduan": self.see_complaint, "rekam": self.see_recording}
        return [looks[story], self.end]

    def see_loket(self) -> bool:
        page = self.operator.shown()
        if self.operator.current != "loket" or not page.form.fields["nama"].value():
            return False
        say("found", page="loket", nik=page.nik.value(), nama=page.form.fields["nama"].value(), notice=self.operator.notice.plain())
        return True

    def see_complaint(self) -> bool:
        if self.operator.current != "pengaduan" or self.note() is None or not self.note().toPlainText():
            return False
        say("found", page="pengaduan", text=self.note().toPlainText(), notice=self.operator.notice.plain())
        return True

    def see_recording(self) -> bool:
        page = self.operator.shown()
        if self.operator.current != "perekaman" or page.view is None or page.part is None:
            return False
        say("found", page="perekaman", id=page.view.permohonan.id, part=page.part.key)
        return True

    def end(self) -> bool:
        self.windows.end()
        return True


def main() -> None:
    data, story = sys.argv[1], sys.argv[2]
    code, safe = watchdog.keep(["run", "--data", data])
    if code is not None:
        raise SystemExit(code)
    from ktpel_kiosk.app.watchdog_life import catch_stacks
    catch_stacks(data)
    say("began", safe=safe)
    from ktpel_kiosk.ui import app as windows_of

    make = windows_of.make_windows

    def made(*args: Any, **kwargs: Any) -> Any:
        windows = make(*args, **kwargs)
        windows.myself = Self(windows, story, Path(data))
        return windows

    windows_of.make_windows = made
    from ktpel_kiosk.app.run import run_from_options
    raise SystemExit(run_from_options({"data": data, "office": "tempeh"}))


if __name__ == "__main__":
    main()
