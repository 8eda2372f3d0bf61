"""Settings of service quality: maklumat, complaint numbers, survey weight. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import complaints, ikm, notices
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.ikm import weight_text
from ktpel_kiosk.domain.numbering import format_number
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.ui.presenters.session import Session


@dataclass(frozen=True, slots=True)
class QualityView:
    """As typed; ``weight`` one of ``1/9``, ``0,111``, ``0,11``."""

    maklumat: str
    number: str
    weight: str


class QualityPresenter:
    """``load`` and ``save`` on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["change_settings"])

    @staticmethod
    def usual_maklumat() -> str:
        return notices.DEFAULT_MAKLUMAT

    def load(self) -> QualityView:
        desk = self.session.desk
        return QualityView(notices.maklumat(desk), complaints.number_template(desk), weight_text(ikm.weight(desk)))

    def save(self, before: QualityView, now: QualityView) -> QualityView:
        """Write what differs, each in its own act. Raises NotAllowed, BadInput."""
        desk, actor = self.session.desk, self.session.actor
        if now.number != before.number:
            complaints.set_number_template(desk, actor, now.number)
        if now.weight != before.weight:
            ikm.set_weight(desk, actor, now.weight)
        if now.maklumat != before.maklumat:
            notices.set_maklumat(desk, actor, now.maklumat)
        return self.load()

    def example(self, template: str) -> str:
        """``Contoh: 0001/PGD/XI/2026``, or why the template cannot be used."""
        try:
            return f"Contoh: {format_number(template, urut=1, on=self.session.today())}"
        except BadInput as error:
            return self.session.sentence(error)
