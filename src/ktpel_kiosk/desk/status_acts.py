"""What an officer does about a status, straight from its task: send again, record again, ask the dinas."""

from __future__ import annotations

from ktpel_kiosk.desk import resend
from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.material import records_elsewhere
from ktpel_kiosk.desk.status_moves import standing_of
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import SopViolation
from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.register import View

S = StatusSiak
SENT_AGAIN = frozenset({
    S.ENROLL_FAILURE_AT_REGIONAL, S.ENROLL_FAILURE_AT_CENTRAL, S.SEARCH_FAILURE_AT_CENTRAL, S.SENT_FOR_ENROLLMENT, S.BIO_CAPTURED,
    S.UNREGISTERED})
"""The centre's last word after which the same recording may be sent once more."""
RECORDED_AGAIN = frozenset({S.ENROLL_FAILURE_AT_REGIONAL, S.ENROLL_FAILURE_AT_CENTRAL, S.UNREGISTERED})
"""The centre's last word after which somebody recorded here may be recorded once more; after DUPLICATE_RECORD never."""


def may(view: View, p: Permohonan) -> frozenset[str]:
    """Which of ``kirim_ulang`` and ``rekam_ulang`` the centre's last word allows for this application."""
    now = standing_of(view, p.id)
    if now.last is None or now.duplicate or p.keadaan is not Keadaan.BERJALAN or records_elsewhere(p):
        return frozenset()
    return frozenset({
        *(("kirim_ulang",) if now.last.status in SENT_AGAIN else ()), *(("rekam_ulang",) if now.last.status in RECORDED_AGAIN else ())})


def send_again(desk: Desk, actor: Actor, permohonan_id: str, reason: str) -> Packet:
    """The same session once more as a new packet; see :func:`ktpel_kiosk.desk.resend.resend`.

    Raises:
        SopViolation: ``status.duplicate_never``, ``status.not_failed``: the centre's last word does not ask for it. And what resend raises.
    """
    require(actor, "reseal_packet")
    desk.register.read(lambda v: _require(v, permohonan_id, "kirim_ulang"))
    return resend.resend(desk, actor, permohonan_id, reason)


def record_again(desk: Desk, actor: Actor, permohonan_id: str, reason: str) -> Permohonan:
    """Open the recording once more; the old packet stays until the new one takes its place.

    Raises:
        SopViolation: as :func:`send_again`. And what :func:`ktpel_kiosk.desk.resend.record_again` raises.
    """
    require(actor, "reseal_packet")
    desk.register.read(lambda v: _require(v, permohonan_id, "rekam_ulang"))
    return resend.record_again(desk, actor, permohonan_id, reason)


def _require(view: View, permohonan_id: str, act: str) -> None:
    """An event that comes between this look and the act holds the application as ganda, and the act is refused there."""
    p, now = view.permohonan(permohonan_id), standing_of(view, permohonan_id)
    if now.duplicate or p.keadaan is Keadaan.GANDA:
        raise SopViolation("status.duplicate_never")
    if act not in may(view, p):
        raise SopViolation("status.not_failed", status=now.last.status.value if now.last else "-")
