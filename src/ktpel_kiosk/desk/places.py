"""Where an officer may read and write files in a kiosk: the office's own folder and disks that can be pulled out, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.courier import Disk


def disks(desk: Desk, actor: Actor) -> Sequence[Disk]:
    """Removable disks that are plugged in now; looks at mounts and ``/sys``, call it on a worker.

    Raises:
        NotAllowed: nobody is signed in.
    """
    require(actor, "choose_file")
    return desk.courier.disks.removable()
