"""Looking at a finished paper in the house and printing it once more: a kiosk opens no other program."""

from __future__ import annotations

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.slips import submit_paper
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.papers import PagePicture


def page(desk: Desk, actor: Actor, pdf: bytes, number: int) -> PagePicture:
    """Page ``number`` (from 0) of a paper this officer was given. Raises NotAllowed, BadInput ``document.not_pdf``."""
    require(actor, "sign_in")
    return desk.documents.page(pdf, number)


def print_again(desk: Desk, actor: Actor, pdf: bytes, title: str) -> None:
    """Send the paper to the document printer as it is. Raises NotAllowed and the printer's own trouble."""
    require(actor, "sign_in")
    submit_paper(desk, DeviceKind.DOCUMENT_PRINTER, pdf, title, "A4")
