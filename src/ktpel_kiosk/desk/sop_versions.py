"""The office's SOP over time: which text is in force, which local extras the office asks for."""

from __future__ import annotations

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.ports.register import Tx

LOCAL_EXTRAS = "syarat.lokal"
"""Setting: whether papers only this office asks for (``lokal = true`` in the SOP) stand on the checklist."""


def local_extras_on(desk: Desk) -> bool:
    """The office asks for its local extras. Off until somebody turns them on: no law asks for these papers (DOMAIN.md 4.2)."""
    return desk.register.read(lambda v: v.setting(LOCAL_EXTRAS)) == "ya"


def turn_local_extras(desk: Desk, actor: Actor, on: bool) -> None:
    """Ask for the local extras of the SOP from now on, or no longer; running applications keep their checklist."""
    require(actor, "change_settings")

    def work(tx: Tx) -> None:
        tx.put_setting(LOCAL_EXTRAS, "ya" if on else "tidak")
        tx.log("SettingChanged", LOCAL_EXTRAS, actor.username, on=on)

    desk.register.write(work)
