"""Printing what the applicant takes along: on a slip from the roll where the office chose it and a receipt printer stands, else on A4.

Setting ``cetak.slip``: ``a4`` (the default) or ``80mm``. A receipt printer that fails never keeps the applicant without a paper: A4 follows
and the officer is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.forms import quick_card, roll_slip
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, DeviceTrouble, KioskError, NotFound
from ktpel_kiosk.ports.devices import DeviceKind, DocumentPrinter, PrintJob, PrintJobState
from ktpel_kiosk.ports.register import Tx, View

SETTING = "cetak.slip"
CHOICES = ("a4", "80mm")
ON_ROLL: Mapping[str, str] = {"tanda_terima": "tanda_terima", "pengembalian": "pengembalian", "penolakan": "pengembalian",
                              "bukti_pengambilan": "bukti_pengambilan"}
"""Kept papers that have a form for the roll, and its name there."""
NO_SUCH_DEVICE = "device.not_configured"


@dataclass(frozen=True, slots=True)
class Printed:
    """``medium``: where it came out, ``a4`` or ``80mm``; empty: nowhere. ``trouble``: of the receipt printer when A4 had to stand in,
    or why nothing came out (``None`` then: there is no such paper).
    """

    medium: str
    trouble: KioskError | None = None


def slip_medium(view: View) -> str:
    """``a4`` or ``80mm``, as the office chose."""
    chosen = view.setting(SETTING)
    return chosen if chosen in CHOICES else CHOICES[0]


def choose_medium(desk: Desk, actor: Actor, value: str) -> None:
    """Raises BadInput ``slip.medium``. NotAllowed."""
    require(actor, "change_settings")
    if value not in CHOICES:
        raise BadInput("slip.medium", value=value[:20], expected=", ".join(CHOICES))

    def work(tx: Tx) -> None:
        tx.put_setting(SETTING, value)
        tx.log("SettingChanged", SETTING, actor.username)

    desk.register.write(work)


def print_paper(desk: Desk, actor: Actor, permohonan_id: str, kind: str) -> Printed:
    """Print the newest kept paper of this kind. Raises NotAllowed; troubles of printers are part of the answer."""
    require(actor, "view_register")

    def look(view: View) -> tuple[str, bytes | None]:
        kept = [d.data for d in view.documents(permohonan_id) if d.kind == kind]
        return slip_medium(view), kept[-1] if kept else None

    medium, pdf = desk.register.read(look)
    trouble: KioskError | None = None
    if medium == "80mm" and kind in ON_ROLL and pdf is not None:
        try:
            submit_paper(desk, DeviceKind.RECEIPT_PRINTER, roll_slip(desk, actor, permohonan_id, ON_ROLL[kind]), kind, "80mm")
            return Printed("80mm")
        except NotFound:  # papers of another story; A4 has it as it was made
            pass
        except KioskError as error:
            trouble = None if error.message_key == NO_SUCH_DEVICE else error
    if pdf is None:
        return Printed("")
    try:
        submit_paper(desk, DeviceKind.DOCUMENT_PRINTER, pdf, kind, "A4")
    except KioskError as error:
        return Printed("", error)
    return Printed("a4", trouble)


def print_quick_card(desk: Desk, actor: Actor) -> None:
    """Print the card for the wall. Raises NotAllowed and the printer's own trouble."""
    submit_paper(desk, DeviceKind.DOCUMENT_PRINTER, quick_card(desk, actor), "kartu_ringkas", "A4")


def submit_paper(desk: Desk, kind: DeviceKind, pdf: bytes, title: str, media: str) -> None:
    """Raises KioskError, also for a job that failed at once."""
    def work(printer: DocumentPrinter) -> PrintJob:
        return printer.submit(pdf, title, media)

    job = desk.devices.call(kind, f"{kind}.submit", work, desk.print_timeout_s).result()
    if job.state is PrintJobState.FAILED:
        raise DeviceTrouble(job.trouble or "device.io", device_kind=str(kind), operation="submit")
