"""Driving the real windows through one applicant and then through the office's own work, one PNG per screen and size.

The tour presses what a person presses: keys, buttons, fields. It is the proof that everything can be done in the
windows, and the source of the manual's pictures.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow, QWidget

from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.text import date_card
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.theme import Theme, screen_scale
from ktpel_kiosk.ui.tour_office import OfficeTour

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.domain.penduduk import Penduduk
    from ktpel_kiosk.domain.permohonan import Permohonan

SCREEN_S = 9.0
"""Seconds of practice time per screen."""
SIZES: tuple[tuple[int, int], ...] = ((1366, 768), (1280, 720), (1920, 1080))
"""What most desks have; the same at 150 % on 1920x1080 or on small laptops; the larger screen. The work is done at the first."""
THEMES = ("light", "contrast")


@dataclass(frozen=True)
class TourCast:
    """Who plays: one password for all practice accounts, and the invented applicant."""

    password: str
    roles: Mapping[str, frozenset[Peran]]
    penduduk: Penduduk
    nomor_hp: str = "0812 3456 7890"


def invented_applicant(desk: Desk) -> Penduduk:
    """Somebody who does not exist, eighteen years old, of the office's own region; the first serial nobody here uses."""
    from ktpel_kiosk.domain.biodata import make_penduduk
    kantor = desk.sop.kantor
    region = kantor.kode_wilayah.replace(".", "").ljust(6, "0")
    region = region if not region.endswith("00") else region[:4] + "01"
    born = desk.clock.now().date().replace(month=2, day=5)
    born = born.replace(year=born.year - 18)
    serial = next(n for n in range(1, 10_000) if desk.register.read(
        lambda v, n=n: v.open_for_nik(f"{region}{born.day + 40:02d}{born:%m%y}{n:04d}")) is None)  # type: ignore[misc]
    villages = desk.regions().villages(kantor.kode_wilayah)
    return make_penduduk(
        nik=f"{region}{born.day + 40:02d}{born:%m%y}{serial:04d}", nama="SITI CONTOH LESTARI", tempat_lahir=kantor.kabupaten,
        tanggal_lahir=born, jenis_kelamin="P", golongan_darah=4, alamat="DUSUN KRAJAN", rt="003", rw="007",
        desa=villages[0] if villages else "KRAJAN", kecamatan=kantor.kecamatan or "KOTA", kabupaten=kantor.kabupaten,
        provinsi=kantor.provinsi, agama=1, status_perkawinan=1, pekerjaan=3)


@dataclass(frozen=True, slots=True)
class Look:
    """One way to photograph a screen: size in pixels and theme."""

    width: int
    height: int
    contrast: str = "light"

    @property
    def suffix(self) -> str:
        return f"{self.width}x{self.height}" + ("" if self.contrast == "light" else "-kontras")


def looks_of(sizes: Sequence[tuple[int, int]], themes: Sequence[str]) -> tuple[Look, ...]:
    """All sizes in all themes, themes outermost: styling every page anew takes half a second."""
    return tuple(Look(width, height, theme) for theme in themes for width, height in sizes)


@dataclass
class Tour:
    """One run. ``files`` lists what was written; without ``looks`` after the first and with ``pictures`` off nothing is photographed."""

    windows: Windows
    cast: TourCast
    out: Path
    looks: Sequence[Look] = (Look(*SIZES[0]),)
    pictures: bool = True
    patience_s: float = 60.0
    seated: Callable[[], bool] = lambda: True
    mishap: Callable[[str], None] = lambda _part: None
    files: list[Path] = field(default_factory=list)
    _number: int = 0

    @cached_property
    def office(self) -> OfficeTour:
        return OfficeTour(self)

    # -- tools --------------------------------------------------------------------------------------------------------

    def wait(self, until: Callable[[], bool], what: str, times: float = 1.0) -> None:
        """Run the event loop until something is true. Raises BugError ``tour.stuck`` naming the screen, which
        is kept as ``tersangkut.png``."""
        deadline = time.monotonic() + self.patience_s * times
        while not until():
            if time.monotonic() > deadline:
                shown = self.windows.operator.notice.plain()
                self.windows.operator.grab().save(str(self.out / "tersangkut.png"))
                raise BugError("tour.stuck", stage=self.windows.operator.current, expected=what, found=shown[:120])
            QTest.qWait(15)

    def settle(self, ms: int = 120) -> None:
        """Until no desk call is on its way."""
        QTest.qWait(ms)
        self.wait(lambda: not self.windows.bridge.pending, "idle")
        QTest.qWait(30)

    def shoot(self, name: str, window: QMainWindow | None = None, over: QWidget | None = None) -> None:
        """Save the window in every look, then go back to the first. A practice clock is let run as work would take.

        Args:
            over: a tool window that lies over the lower right corner, as the eye sees it.
        """
        advance = getattr(self.windows.operator.desk.clock, "advance", None)
        if advance is not None:
            advance(SCREEN_S)
        if not self.pictures:
            return
        target = window or self.windows.operator
        self._number += 1
        for look in (*self.looks[1:], self.looks[0]):
            self.dress(target, look)
            path = self.out / f"{self._number:02d}-{name}-{look.suffix}.png"
            picture = target.grab()
            if over is not None and over.isWindow():
                self._lay_over(picture, over, look)
            picture.save(str(path))
            self.files.append(path)

    @staticmethod
    def _lay_over(picture: QPixmap, over: QWidget, look: Look) -> None:
        painter = QPainter(picture)
        corner = QPoint(look.width - over.width() - 16, max(64, look.height - over.height() - 40))
        painter.drawPixmap(corner, over.grab())
        painter.drawRect(QRect(corner, over.size()))  # the frame a desktop would give it
        painter.end()

    def dress(self, target: QMainWindow, look: Look) -> None:
        """Show a window in a look; a page that loads anew because of it gets the time to."""
        target.resize(look.width, look.height)
        if target is self.windows.operator:
            theme = Theme(look.contrast, screen_scale(look.width, look.height))
            changed = self.windows.operator.theme != theme
            if changed:
                self.windows.operator.apply_theme(theme)
        else:
            changed = True
            self.windows.applicant.set_contrast(look.contrast)
        for _ in range(40 if changed and len(self.looks) > 1 else 3):
            QTest.qWait(10)
            if _ >= 2 and not self.windows.bridge.pending:
                break

    def key(self, key: str) -> None:
        """A function key as the operator presses it."""
        self._to_front(self.windows.operator)
        code = {"Esc": Qt.Key.Key_Escape}.get(key) or getattr(Qt.Key, f"Key_{key}")
        QTest.keyClick(self.windows.operator, code)
        self.settle()

    def _to_front(self, window: QMainWindow) -> None:
        """Function keys reach the active window only; a tool window that closes leaves none active for a moment."""
        def there() -> bool:
            window.activateWindow()  # again: the applicant's window may have come up in between
            return window.isActiveWindow() or window.isHidden()

        self.wait(there, "window in front")

    def click(self, widget: Any) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        self.settle()

    def type(self, editor: Any, text: str) -> None:
        editor.setFocus()
        QTest.keyClicks(editor, text)

    # -- the applicant's way ------------------------------------------------------------------------------------------

    def run(self) -> list[Path]:
        """The whole way. Raises BugError ``tour.stuck`` where a screen does not do what it says."""
        self.out.mkdir(parents=True, exist_ok=True)
        operator, applicant = self.windows.operator, self.windows.applicant
        for window in (operator, applicant):
            window.resize(self.looks[0].width, self.looks[0].height)
            window.show()
        self.settle()
        self.shoot("pemohon-selamat-datang", applicant)
        self.shoot("masuk")
        self.sign_in(self.officer(Stage.TERIMA_BERKAS))
        self.shoot("beranda")
        self.intake()
        pid = self._pid()
        self._through(pid)
        self.office.run()
        return self.files

    def _sit_down(self) -> None:
        """The applicant comes to the devices; who sat there before must not be recorded."""
        QTest.qWait(60)
        self.wait(self.seated, "applicant seated", 4.0)  # a simulated body is grown in pure Python, slow on a busy machine

    def _through(self, pid: str) -> None:
        """Whatever stage comes next is done on its page by an officer who may."""
        steps: dict[Stage, Callable[[str], None]] = {
            Stage.AGENDA_REGISTER: self.number, Stage.VERIFIKASI: self.verify, Stage.VALIDASI: self.verify, Stage.REKAM: self.record,
            Stage.KIRIM: self.seal, Stage.MENUNGGU_PRR: self.centre, Stage.CEK_CETAK: self.print_card, Stage.CETAK_ENCODE: self.print_card,
            Stage.AKTIVASI: self.activate, Stage.SERAH_LOKET: self.counter, Stage.TERBIT_SURAT: self.counter,
            Stage.SERAH_PEMOHON: self.hand_over, Stage.SERAH_SURAT: self.hand_over,
        }
        while (tahap := self._read(pid).current()) is not None:
            if tahap.stage is not Stage.MENUNGGU_PRR:
                self.sign_in(self.officer(tahap.stage))
            steps[tahap.stage](pid)
            now = self._read(pid).current()
            if now is not None and now.index == tahap.index:
                raise BugError("tour.stuck", stage=tahap.stage, step=tahap.nomor, found=self.windows.operator.notice.plain()[:120])

    def _read(self, pid: str) -> Permohonan:
        return self.windows.operator.desk.register.read(lambda v: v.permohonan(pid))

    def _pid(self) -> str:
        found = self.windows.operator.desk.register.read(lambda v: v.open_for_nik(self.cast.penduduk.nik))
        if found is None:
            raise BugError("tour.stuck", stage="loket", found=self.windows.operator.notice.plain()[:120])
        return found.id

    def officer(self, stage: Stage) -> str:
        """Somebody who may do the stage; who is signed in already is preferred."""
        from ktpel_kiosk.domain.permissions import STAGE_ROLES
        desk = self.windows.operator.desk
        step = next((s for s in desk.sop.langkah if stage in s.stages and desk.sop.peran_of(s)), None)
        roles = desk.sop.peran_of(step) if step else STAGE_ROLES[stage]
        signed_in = self.windows.operator.session.actor.username
        order = sorted(self.cast.roles, key=lambda u: u != signed_in)
        return next(u for u in order if self.cast.roles[u] & roles)

    def sign_in(self, username: str) -> None:
        operator = self.windows.operator
        if operator.session.actor.username == username:
            return
        if operator.session.actor.username:
            operator.sign_out()
            self.settle()
        page: Any = operator.page("masuk")
        page.username.line.clear()
        self.type(page.username.line, username)
        self.type(page.password.line, self.cast.password)
        QTest.keyClick(page.password.line, Qt.Key.Key_Return)
        self.wait(lambda: operator.session.actor.username == username, "sign-in")
        self.settle()

    def fill_counter(self, p: Penduduk) -> None:
        """A new form at the counter with everything the applicant says; no paper is ticked."""
        self.key("F2")
        page: Any = self.windows.operator.page("loket")
        self.type(page.nik.edit, p.nik)
        self.settle()
        self.type(page.phone.line, self.cast.nomor_hp)
        for name in ("nama", "tempat_lahir", "alamat", "rt", "rw", "desa", "kecamatan"):
            line = page.form.fields[name].line
            line.clear()
            self.type(line, getattr(p, name))
        page.form.fields["tanggal_lahir"].line.clear()
        self.type(page.form.fields["tanggal_lahir"].line, date_card(p.tanggal_lahir))
        for name in ("jenis_kelamin", "golongan_darah", "agama", "status_perkawinan", "pekerjaan"):
            page.form.fields[name].set_value(getattr(p, name))
        page.nik.edit.setFocus()
        page._show_checklist()
        self.settle(900)

    def intake(self) -> None:
        operator = self.windows.operator
        self.fill_counter(self.cast.penduduk)
        page: Any = operator.page("loket")
        rows = [r for r in page._rows.values() if not r.fixed and r.required]
        for row in rows[:-1]:
            self.click(row)
        self.shoot("loket")
        for row in rows[-1:]:
            self.click(row)
        self.key("F9")
        self.wait(lambda: operator.notice.isVisible(), "registered")
        self.shoot("loket-terdaftar")
        self.shoot("pemohon-terima-kasih", self.windows.applicant)
        operator.notice.dismiss()

    def number(self, pid: str) -> None:
        self.windows.operator.go("loket", id=pid)
        self.settle()
        self.key("F9")

    def verify(self, pid: str) -> None:
        operator = self.windows.operator
        operator.go("verifikasi", id=pid)
        page: Any = operator.page("verifikasi")
        self.wait(lambda: page.dossier is not None and page.dossier.permohonan.id == pid and page.primary.isEnabled(), "dossier")
        self.settle()
        stage = self._read(pid).current()
        self.shoot(f"{stage.stage.value if stage else 'verifikasi'}")
        self.key("F9")
        self.wait(lambda: self._read(pid).current() != stage, "approved")
        operator.notice.dismiss()

    def record(self, pid: str) -> None:
        operator, applicant = self.windows.operator, self.windows.applicant
        operator.go("perekaman", id=pid)
        page: Any = operator.page("perekaman")
        self.wait(lambda: page.view is not None and page.view.permohonan.id == pid, "session")
        self.settle()
        self._sit_down()
        if not page.view.confirmed:
            self._data_check(page)
        for part in ("foto", "jari", "iris", "tanda_tangan"):
            if part in page.view.parts():
                self._part(page, part)
                if self._read(pid).current() != page.view.permohonan.current():
                    break
        if page.view is not None and page.view.stage is Stage.REKAM:
            page._show_part("tinjau")
            self.settle()
            self.key("F9")
        self.wait(lambda: self._stage(pid) is not Stage.REKAM or page.view is None or not page.view.status.complete, "recorded")
        self.settle()
        if applicant.current == "tinjau":
            self.shoot("pemohon-setuju", applicant)
        self.office.alike(pid)

    def _stage(self, pid: str) -> Stage | None:
        current = self._read(pid).current()
        return current.stage if current else None

    def _data_check(self, page: Any) -> None:
        applicant = self.windows.applicant
        self.shoot("pemohon-privasi", applicant)
        privacy: Any = applicant.page("privasi")
        self.click(privacy.go)
        data: Any = applicant.page("data")
        self.shoot("pemohon-data", applicant)
        self.shoot("rekam-data")
        self.click(data.go)
        self.wait(lambda: page.view is not None and page.view.confirmed, "data confirmed")
        self.settle()

    def _part(self, page: Any, key: str) -> None:
        self.mishap(key)
        if page.part.key != key:
            page._show_part(key)
        part = page.parts[key]
        refused = False
        if key == "foto":
            self.wait(lambda: part.live.has_frame(), "camera frame")
            self.wait(lambda: part.judged, "photo hint")
            self.key("F8")
        if key == "tanda_tangan" and not part._pad():
            self._draw(self.windows.applicant.page("tanda_tangan"))
        deadline = time.monotonic() + self.patience_s
        while not page.view.part_done(key) and time.monotonic() < deadline:
            QTest.qWait(60)
            if not part.capturing and not self.windows.bridge.pending and not page.view.part_done(key):
                QTest.qWait(800)
                if part.capturing or page.view.part_done(key):
                    continue
                if key == "jari" and part.asks() and not refused:
                    refused = True
                    self.shoot("rekam-jari-ditolak")
                    self.shoot("pemohon-jari-ulang", self.windows.applicant)
                self.key("F7" if page.repeat.isEnabled() else "F8") if not page.force.isVisible() else self.click(page.force)
        self.wait(lambda: page.view.part_done(key), f"part {key}")
        self.settle(300)
        self.shoot(f"rekam-{key.replace('_', '-')}")
        self.shoot(f"pemohon-{key.replace('_', '-')}", self.windows.applicant)

    def _draw(self, page: Any) -> None:
        """A signature with the mouse."""
        ink = page.ink
        w, h = ink.width(), ink.height()
        points = [QPoint(round(w * (0.25 + 0.5 * t / 40)), round(h * (0.55 - 0.25 * ((t * 7) % 13 - 6) / 6))) for t in range(41)]
        QTest.mousePress(ink, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[0])
        for point in points[1:]:
            QTest.mouseMove(ink, point)
        QTest.mouseRelease(ink, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[-1])
        self.click(page.go)

    def seal(self, pid: str) -> None:
        operator, applicant = self.windows.operator, self.windows.applicant
        page: Any = operator.page("perekaman")
        if operator.current != "perekaman" or page.view is None or page.view.permohonan.id != pid:
            operator.go("perekaman", id=pid)
            self.wait(lambda: page.view is not None and page.view.permohonan.id == pid, "session")
        self.wait(lambda: applicant.current == "tinjau", "review on the applicant's window")
        self.settle()
        review: Any = applicant.page("tinjau")
        self.click(review.go)
        self.wait(lambda: page.view is not None and page.view.applicant_agreed, "applicant agreed")
        self.settle()
        self.type(page.parts["tinjau"].password.line, self.cast.password)
        self.shoot("tinjau-segel")
        self.key("F9")
        self.wait(lambda: self._stage(pid) is not Stage.KIRIM, "sealed")
        self.settle()
        self.shoot("tersegel")
        operator.notice.dismiss()

    def centre(self, pid: str) -> None:
        self.windows.operator.go("antrean")
        self.settle()
        self.shoot("antrean")
        self.windows.operator.desk.wake_uploader()
        self.wait(lambda: self._stage(pid) is not Stage.MENUNGGU_PRR, "print ready")

    def print_card(self, pid: str) -> None:
        operator = self.windows.operator
        operator.go("cetak", id=pid)
        page: Any = operator.page("cetak")
        self.wait(lambda: page.view is not None and page.view.dossier.permohonan.id == pid, "card")
        self.settle()
        if self._stage(pid) is Stage.CEK_CETAK:
            self.key("F9")
            self.wait(lambda: self._stage(pid) is not Stage.CEK_CETAK, "checked")
            return
        self.office.chip_choice(pid)
        page = operator.page("cetak")  # another officer's pages are built anew
        self.shoot("cetak")
        self.office.jammed()
        self.key("F9")
        self.wait(lambda: page.view is not None and page.view.job is not None and not page.busy, "sent")
        self.settle()
        self.shoot("cetak-terkirim")
        self.wait(lambda: page.watch is not None and page.watch.main is not None and page.primary.isEnabled(), "printed")
        self.shoot("cetak-selesai")
        self.key("F9")
        self.wait(lambda: self._stage(pid) is not Stage.CETAK_ENCODE, "encoded")
        self.settle()
        self.shoot("cetak-jadi")
        operator.notice.dismiss()

    def _pick_up(self, pid: str) -> Any:
        operator = self.windows.operator
        operator.go("penyerahan", id=pid)
        page: Any = operator.page("penyerahan")
        self.wait(lambda: page.view is not None and page.view.dossier.permohonan.id == pid
                  and page.view.stage is self._stage(pid), "pick-up")
        self.settle()
        return page

    def activate(self, pid: str) -> None:
        """The finger; where the trainer dries the skin, the eyes after four tries; two officers as the last way."""
        page = self._pick_up(pid)
        self._sit_down()
        self.shoot("aktivasi")
        practice = self.windows.operator.desk.practice
        if practice is not None and practice.state().condition:
            practice.set_condition("dry")
        seen: set[str] = set()
        for _ in range(8):
            if self._stage(pid) is not Stage.AKTIVASI:
                break
            way = "dua-petugas" if page.view.by_sight and not page.view.by_iris else "iris" if page.view.by_iris else "jari"
            if way != "jari" and way not in seen:
                seen.add(way)
                if way == "dua-petugas":
                    self.office.second_person(page.sight.second, "approve_exception")
                    self.type(page.sight.reason.line, "Sidik jari aus")
                self.shoot(f"aktivasi-{way}")
                if way == "iris":
                    self._to_front(self.windows.operator)
                    QTest.keyClick(self.windows.operator, Qt.Key.Key_F9)
                    self.shoot("pemohon-aktivasi-iris", self.windows.applicant)
                    self.wait(lambda: not page.busy, "eyes")
                    self.settle()
                    continue
            self.key("F9")
            self.wait(lambda: not page.busy, "activation")
            self.settle()
            if way == "jari" and "belum" not in seen and self._stage(pid) is Stage.AKTIVASI:
                seen.add("belum")
                self.shoot("aktivasi-belum-cocok")
        if practice is not None and practice.state().condition:
            practice.set_condition("normal")

    def counter(self, pid: str) -> None:
        before = self._stage(pid)
        self._pick_up(pid)
        self.shoot(before.value.replace("_", "-") if before else "loket")
        self.key("F9")
        self.wait(lambda: self._stage(pid) is not before, "moved on")
        self.windows.operator.notice.dismiss()

    def hand_over(self, pid: str) -> None:
        self.office.uncollected()
        page = self._pick_up(pid)
        if not page._pad():
            self.key("F9")
            self.shoot("pemohon-tanda-terima", self.windows.applicant)
            self._draw(self.windows.applicant.page("tanda_tangan"))
        else:
            self.key("F9")
        self.wait(lambda: bool(page._png), "signature")
        self.settle()
        if page.taker.old_card.isVisible():
            self.click(page.taker.old_card)
        if page.taker.proxy.isVisible():
            self.office.proxy(page)
        self.shoot("penyerahan")
        self.key("F9")
        self.wait(lambda: self._read(pid).current() is None, "handed over")
        self.settle()
        self.shoot("selesai")


def drive_tour(desk: Desk, out: Path, looks: Sequence[Look] = (Look(*SIZES[0]),), *, password: str,
               patience_s: float = 60.0, seated: Callable[[], bool] = lambda: True,
               mishap: Callable[[str], None] = lambda _part: None, pictures: bool = True,
               begin: Callable[[Windows], None] = lambda _windows: None) -> list[Path]:
    """Build both windows on ``desk``, lead one applicant and the office through them, save the pictures; returns their paths in order.

    The return slip is saved beside them as PDF.

    Args:
        looks: the first is the one the work is done in.
        password: of the practice accounts in the register.
        seated: whether the simulated devices show the applicant whose application was opened last.
        mishap: called with the key of a part of Perekaman before it opens; may let the simulated devices fail once.
        pictures: off when only the walk counts (measurements).
        begin: called with the windows before the first screen.

    Raises:
        BugError: ``tour.stuck``, a screen did not do what it says (facts stage, expected).
    """
    from ktpel_kiosk.ui.app import make_windows
    users = desk.register.read(lambda v: [u for u in v.users() if u.active])
    cast = TourCast(password, {u.username: frozenset(u.peran) for u in users}, invented_applicant(desk))
    windows = make_windows(desk, size=(looks[0].width, looks[0].height))
    try:
        begin(windows)
        return Tour(windows, cast, out, looks, pictures, patience_s, seated, mishap).run()
    finally:
        windows.close()
