"""The picture while a new version is tried: where it stands, no way out, gone with the trial."""

from __future__ import annotations

import os
import threading

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ktpel_kiosk.app import update_shown
from ktpel_kiosk.ui.kiosk_update import COUNT, TrialPicture, show_trial
from ktpel_kiosk.ui.theme import Theme, screen_scale, text_scale
from ktpel_kiosk.ui.words import has_word


def _title(picture: TrialPicture) -> str:
    return next(label.text() for label in picture.findChildren(QLabel) if "langkah" in label.text())


def test_it_says_where_the_trial_stands_and_cannot_be_closed(qtbot: QtBot) -> None:
    picture = TrialPicture()
    qtbot.addWidget(picture)
    picture.show()
    picture.show_step(4)
    assert "langkah 4 dari 5" in _title(picture)
    assert picture.steps.accessibleName().count("selesai") == 3
    picture.show_step(99)
    assert f"langkah {COUNT} dari {COUNT}" in _title(picture)
    assert not picture.close() and picture.isVisible()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
def test_it_fits_with_the_largest_letters(qtbot: QtBot, width: int, height: int) -> None:
    picture = TrialPicture(Theme("contrast", screen_scale(width, height) * text_scale("terbesar")))
    qtbot.addWidget(picture)
    needed = picture.minimumSizeHint()
    assert needed.width() <= width and needed.height() <= height


def test_every_step_of_the_trial_has_its_words_in_order() -> None:
    assert list(update_shown.STEPS.values()) == list(range(1, COUNT + 1))
    assert all(has_word("uji_versi", n) for n in range(1, COUNT + 1))


def test_it_goes_when_the_trial_says_no_more(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the trial ended: its end of the pipe is closed."""
    made: list[TrialPicture] = []
    show = TrialPicture.showFullScreen
    monkeypatch.setattr(TrialPicture, "showFullScreen", lambda self: (made.append(self), show(self)))
    read, write = os.pipe()
    threading.Thread(target=lambda: (os.write(write, b"1\nx\n3\n"), os.close(write)), daemon=True).start()
    with os.fdopen(read) as lines:
        assert show_trial(lines, ("light", "normal")) == 0
    assert made and "langkah 3 dari 5" in _title(made[0])
