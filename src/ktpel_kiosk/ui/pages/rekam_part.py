"""What the parts of the recording session share: live pictures, one capture at a time, what to say while a device is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import Position, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, KioskError, NotConnected
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceState
from ktpel_kiosk.ui.decoded import picture_of as picture_of
from ktpel_kiosk.ui.feed import PreviewFeed, Shows
from ktpel_kiosk.ui.presenters.record_view import RecordView
from ktpel_kiosk.ui.presenters.recording import RecordingPresenter
from ktpel_kiosk.ui.widgets.finger_table import FingerCell
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ktpel_kiosk.desk.recording import CaptureResult
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

AWAY = (DeviceHealth.MISSING, DeviceHealth.TROUBLE)


def finger_cells(presenter: RecordingPresenter, view: RecordView) -> dict[Position, FingerCell]:
    """Each finger of the session in a word and its number."""
    return {s.position: _finger_cell(presenter, view, s.position) for s in view.of_part("jari")}


def _finger_cell(presenter: RecordingPresenter, view: RecordView, position: Position) -> FingerCell:
    s, name = view.status.of(position), word("jari", position.value.split("_")[1])
    if s.state == "exception":
        e = view.exceptions[position]
        kind = word("pengecualian", e.kind).lower()
        return FingerCell(name, f"{kind} · {e.approved_by}", short=kind)
    sample = view.best.get(position)
    if s.state == "missing" or sample is None:
        return FingerCell(name)
    said, tone = presenter.grade(position, sample.quality)
    number = presenter.score_text(s.score)
    if s.state == "forced":
        return FingerCell(name, f"apa adanya · {number}", "good", number)
    limit = f" dari {presenter.threshold(position)}" if s.state == "low" else ""
    return FingerCell(name, f"{said} · {number}{limit}", tone, f"{number}{limit}")


class Part(QWidget):
    """One part of the session. The page calls enter/leave, show_view after every change, and the keys."""

    key = ""
    device: DeviceKind | None = None
    capture_word = "Ambil"

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__()
        self.page = page
        self.capturing = False
        self.entered = False
        self._lost = False
        self._feed: PreviewFeed | None = None
        self.columns = QHBoxLayout(self)
        self.columns.setContentsMargins(0, 0, 0, 0)
        self.columns.setSpacing(16)

    def enter(self) -> None:
        """Shown."""
        self.entered = True
        self._lost = False
        self.watch_device()
        if self.device is not None:
            self.device_changed(self.page.device_state(self.device))

    def leave(self) -> None:
        """Hidden: no live picture any more; what was captured stays."""
        self.entered = False
        self.stop_watching()

    def show_view(self, view: RecordView) -> None:
        """The session changed."""

    def set_tight(self, on: bool) -> None:
        """Large letters on a small screen: leave out what stands elsewhere too."""

    def capture(self) -> None:
        """F8."""

    def repeat(self) -> None:
        """F7: take it again."""
        self.capture()

    # -- live pictures ------------------------------------------------------------------------------------------------

    def shown_on(self) -> Sequence[Shows]:
        """Where live frames go now."""
        return ()

    def frame(self, raw: RawImage) -> None:
        """A frame was shown on the plates."""

    def watch_device(self) -> None:
        """Live frames of ``device`` from now on."""
        self.stop_watching()
        if self.device is not None:
            kind, devices = self.device, self.page.shell.desk.devices
            self._feed = PreviewFeed(self.page.shell.bridge, lambda: devices.preview(kind), self.shown_on, self.frame)
            self._feed.start()

    def stop_watching(self) -> None:
        if self._feed is not None:
            self._feed.stop()
            self._feed = None

    # -- a device that goes and comes ---------------------------------------------------------------------------------

    def device_changed(self, state: DeviceState | None) -> None:
        """The part's device went away, came back or said what troubles it; only while the part is shown."""
        away = state is None or state.health in AWAY
        if away and not self.capturing:
            self._lost = True
            self.gone(self.page.device_text(self.device) if self.device is not None else "")
        elif not away and self._lost:
            self._lost = False
            self.back_again()

    def gone(self, text: str) -> None:
        """The device is away; ``text`` says what to do. Nothing captured is lost."""

    def back_again(self) -> None:
        """The device is there again: go on where it stopped."""

    # -- one capture at a time ----------------------------------------------------------------------------------------

    def _start(self) -> bool:
        if self.capturing or self.page.view is None:
            return False
        self.capturing = True
        self.page.buttons()
        return True

    def _done(self, result: tuple[CaptureResult, RecordView]) -> None:
        self.capturing = False
        self.page.shell.error_over()
        self.page.set_view(result[1])
        self.captured(result[0])
        self.page.buttons()

    def _failed(self, error: KioskError) -> None:
        self.capturing = False
        if not self.explained(error):
            self.failed(self.page.session.sentence(error))
            if isinstance(error, CaptureFailed):
                self.page.buttons()  # the device works; what to do better stands where the eye is
                return
            state = self.page.device_state(self.device) if self.device is not None else None
            if isinstance(error, NotConnected) and self.entered and state is not None and state.health in AWAY:
                self._lost = False
                self.device_changed(state)  # said on the plate and in the strip; the part goes on by itself when it is back
            else:
                self.page.trouble(error)
        self.page.buttons()

    def explained(self, error: KioskError) -> bool:
        """Whether the part itself asks what to do about the trouble."""
        return False

    def forget_refused(self) -> None:
        """A refused capture was settled."""

    def asks(self) -> bool:
        """Whether a refused capture waits for an answer."""
        return False

    def excusable(self) -> Position | None:
        """The position the exception panel should begin with, where the part knows."""
        return None

    def captured(self, result: CaptureResult) -> None:
        """A capture ended with a value."""

    def failed(self, text: str) -> None:
        """A capture ended with trouble."""
