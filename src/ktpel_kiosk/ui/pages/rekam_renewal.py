"""Beside the data check: card elements were corrected after the paraf, so the checking officer signs again at this desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from ktpel_kiosk.desk import verification
from ktpel_kiosk.desk.access import stage_roles
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.presenters.record_view import RecordView
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage


class RenewalCard(Card):
    """Hidden while no paraf has to be given again. The recording may go on; it cannot be finished before."""

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(20, 8)
        self.page = page
        self._self_signs = False
        self.body.addWidget(label("Paraf berlaku untuk isi sebelumnya", "strong", weight="semibold", tone="attention", wrap=True))
        self.text = label("", "body", tone="muted", wrap=True)
        self.body.addWidget(self.text)
        self.second = SecondPerson("", stacked=True)
        self.second.entered.connect(self._sign)
        self.body.addWidget(self.second)
        self.body.addStretch(1)
        self.button = Button("Beri paraf ulang", icon="check")
        self.button.clicked.connect(self._sign)
        self.body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignRight)
        self.hide()

    def show_view(self, view: RecordView) -> None:
        tahap = view.dossier.renewal
        due = tahap is not None and not view.permohonan.corrections
        if due and tahap is not None:
            desk = self.page.shell.desk
            roles = stage_roles(desk.sop_of(view.permohonan.sop_digest), tahap)
            self._self_signs = bool(self.page.session.actor.peran & roles)
            who = " atau ".join(sorted(word("peran", r) for r in roles))
            self.text.setText(f"Isian kartu diperbaiki sesudah diparaf. Minta {who} membaca isian di kiri dan memberi paraf; "
                              "perekaman boleh jalan terus.")
            self.second.setVisible(not self._self_signs)
            if self.isHidden():
                self.second.clear()
        self.setVisible(due)

    def _sign(self) -> None:
        view = self.page.view
        if view is None or not (self._self_signs or self.second.ready()):
            return
        pid, (name, secret) = view.permohonan.id, ("", "") if self._self_signs else self.second.values()
        desk, actor, presenter = self.page.shell.desk, self.page.session.actor, self.page.presenter

        def work() -> RecordView:
            verification.renew(desk, actor, pid, username=name, password=secret)
            return presenter.load(pid)

        self.page.act(work, self._signed, self._refused)

    def _signed(self, view: RecordView) -> None:
        self.second.clear()
        self.page.set_view(view)
        self.page.shell.tell("good", "Paraf berlaku untuk isian yang baru.", bold="Paraf ulang tercatat.")

    def _refused(self, error: KioskError) -> None:
        if self._self_signs:
            self.page.trouble(error)
        else:
            self.second.refuse(self.page.session.sentence(error))
