"""Over the part of a session: the fingers were found in another recording of this office. The session does not wait for the search."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ktpel_kiosk.ui.presenters.record_view import RecordView
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage


class AlikeNotice(NoticeBar):
    """Searches once for each set of fingers and says what was found."""

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__()
        self.page = page
        self._searched: tuple[str, ...] = ()

    def show_view(self, view: RecordView) -> None:
        self._show(view)
        self._search(view)

    def _search(self, view: RecordView) -> None:
        key, pid = view.fingers_key(), view.permohonan.id
        if key and key != self._searched:
            self._searched = key
            self.page.ask(lambda: self.page.presenter.search_doubles(pid, lambda: not self._is_open(pid)), self._found, lambda _e: None)

    def _is_open(self, pid: str) -> bool:
        view = self.page.view
        return view is not None and view.permohonan.id == pid

    def _found(self, view: RecordView | None) -> None:
        now = self.page.view
        if view is not None and now is not None and self._is_open(view.permohonan.id):
            self.page.set_view(replace(now, alike=view.alike))

    def _show(self, view: RecordView) -> None:
        check = view.alike
        if check is None or not check.open:
            self.dismiss()
            return
        task = f"jari_mirip:{view.permohonan.id}"
        self.show_text("attention", word("rekam", "mirip_lanjut"), bold=word("rekam", "mirip_rekaman"), action=word("rekam", "bandingkan"),
                       act=lambda: self.page.shell.go("tugas", task=task))
