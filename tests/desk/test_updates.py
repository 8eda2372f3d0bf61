"""A supervisor lets a new version in; it is audited; at night nothing is tried while somebody works."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk_office import Office, build
from doubles import FOUND, NewVersions

from ktpel_kiosk.desk import updates
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.errors import BadInput, DiskFull, SopViolation
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.updates import UpdateEvent, When

AT = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return build(tmp_path, "tempeh")


def _desk(office: Office, versions: NewVersions) -> Desk:
    return replace(office.desk, updates=versions)


def _events(desk: Desk) -> list[str]:
    return [e.event for e in desk.register.read(lambda v: v.audit()) if e.event.startswith("Update")]


def test_what_is_agreed_is_brought_in_audited_and_waits(office: Office) -> None:
    versions = NewVersions()
    desk = _desk(office, versions)

    updates.agree(desk, office.actor(Peran.SUPERVISOR), FOUND, When.NIGHT)

    assert (versions.brought, versions.kept.wanted, versions.kept.when) == (["1.4.0"], "1.4.0", When.NIGHT)
    assert _events(desk) == ["UpdateAgreed"]
    assert updates.call_off(desk, office.actor(Peran.SUPERVISOR))
    assert not updates.call_off(desk, office.actor(Peran.SUPERVISOR))
    assert _events(desk) == ["UpdateAgreed", "UpdateCalledOff"]


def test_what_cannot_be_brought_in_does_not_wait_and_is_not_called_agreed(office: Office) -> None:
    versions = NewVersions()
    versions.trouble["bring_in"] = DiskFull("update.room", free_bytes=1, need_bytes=2)
    desk = _desk(office, versions)

    with pytest.raises(DiskFull):
        updates.agree(desk, office.actor(Peran.SUPERVISOR), FOUND, When.NIGHT)

    assert (versions.kept.wanted, _events(desk)) == ("", [])


def test_the_time_of_the_registers_last_act_goes_with_every_look(office: Office) -> None:
    versions = NewVersions()
    desk = _desk(office, versions)

    updates.look(desk, office.actor(Peran.SUPERVISOR))

    last = desk.register.read(lambda v: v.audit())[-1].at
    assert versions.floors == [last]


def test_what_happened_between_two_starts_is_put_into_the_audit_once(office: Office) -> None:
    versions = NewVersions()
    lines = (UpdateEvent(AT, "gagal", "1.4.0", "update.unhealthy"), UpdateEvent(AT, "dipasang", "1.4.1", ""))
    versions.kept = replace(versions.kept, events=lines)
    desk = _desk(office, versions)

    assert (updates.record(desk), updates.record(desk)) == (2, 0)

    versions.kept = replace(versions.kept, events=(*lines, UpdateEvent(AT, "dikembalikan", "1.4.1", "uji")))
    assert updates.record(desk) == 1
    assert _events(desk) == ["UpdateRefused", "UpdateInstalled", "UpdateTakenBack"]


@pytest.mark.parametrize(("hour", "expected"), [(3, True), (7, False), (12, False), (16, False), (22, True)])
def test_at_night_only_and_only_where_nobody_sits(office: Office, hour: int, expected: bool) -> None:
    versions = NewVersions()
    desk = _desk(office, versions)
    now = datetime(2026, 11, 26, (hour - 7) % 24, 30, tzinfo=UTC)  # WIB

    class Clock:
        def now(self) -> datetime:
            return now

    desk = replace(desk, clock=Clock())  # type: ignore[arg-type]
    for actor in office.officers.actors.values():
        desk.seats.leave(actor.username)
    assert not updates.tonight(desk), "nothing waits"
    versions.want("1.4.0", When.NIGHT, "camat")
    assert updates.tonight(desk) is expected
    desk.seats.take("rina", object())  # type: ignore[arg-type]
    assert not updates.tonight(desk)
    desk.seats.leave("rina")
    versions.want("1.4.0", When.NOW, "camat")
    assert not updates.tonight(desk)


def test_a_practice_desk_has_no_updates(office: Office) -> None:
    with pytest.raises(SopViolation):
        updates.standing(office.desk, office.actor(Peran.SUPERVISOR))


def test_begin_ends_the_windows_unless_a_device_is_at_work(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from ktpel_kiosk.desk.leaving import Outstanding
    from ktpel_kiosk.ports.devices import DeviceKind

    versions = NewVersions()
    desk = _desk(office, versions)
    updates.begin(desk, office.actor(Peran.SUPERVISOR))
    monkeypatch.setattr(updates, "outstanding", lambda _desk: Outstanding(0, (DeviceKind.CARD_PRINTER,), 0))

    with pytest.raises(BadInput) as refused:
        updates.begin(desk, office.actor(Peran.SUPERVISOR))

    assert (versions.restarts, refused.value.message_key) == (1, "update.desk_busy")
