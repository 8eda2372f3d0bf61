"""A declared restore settles both marks of the audit's end, the anchor and ``<register>.last``; a silent one neither."""

from __future__ import annotations

import shutil
from pathlib import Path

from restore_office import Small

from ktpel_kiosk.app import night_check, restore
from ktpel_kiosk.ports.night_check import Fault
from ktpel_kiosk.ports.restore import Agreed
from ktpel_kiosk.register.anchor import AnchorFile
from ktpel_kiosk.register.gently import Gently
from ktpel_kiosk.register.last_seen import LastSeen


def test_a_declared_restore_settles_anchor_and_last_seen(tmp_path: Path) -> None:
    small = Small(tmp_path)
    with small.open() as register:
        small.serve(register, 3)
        copy = small.copy(register)
        small.serve(register, 2)
    key, path = small.key, small.data / "register" / "register.sqlite"
    before = LastSeen(path, key).read()
    assert before is not None and copy.path.exists()
    shutil.copyfile(copy.path, path)  # what somebody who knows no better does first
    with small.open() as register:
        assert register.behind and night_check.check(register, Gently()) is Fault.BEHIND
    restore.prepare(small.data, copy, key, Agreed("camat", "kasi", "diska rusak"), small.clock)
    with small.open() as register:
        head = register.read(lambda v: v.audit_head())
        assert AnchorFile(path, key).read() == LastSeen(path, key).read() == head
        assert not register.behind and night_check.check(register, Gently()) is Fault.NONE
        small.serve(register, 1)
        seen = LastSeen(path, key).read()
        assert seen is not None and seen.length > head.length, "it goes on with every commit"
    with small.open() as register:
        assert not register.behind and register.check_audit().whole
