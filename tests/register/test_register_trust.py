"""After the disk failed under the writing connection it is not used again: what was written and not synced may be anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from register_makers import application, logged, open_register, save

from ktpel_kiosk.domain.errors import IoFailure
from ktpel_kiosk.register import driver

IOERR_FSYNC, FULL = 1034, 13


class Failing:
    """The writing connection, whose next commits fail as SQLite's do."""

    def __init__(self, real: Any, code: int) -> None:
        self._real, self._code, self.undone = real, code, 0

    def commit(self) -> None:
        error = driver.dbapi.OperationalError("disk I/O error")
        error.sqlite_errorcode = self._code  # type: ignore[attr-defined]
        raise error

    def rollback(self) -> None:
        self.undone += 1
        self._real.rollback()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.mark.parametrize(("code", "another"), [(IOERR_FSYNC, True), (FULL, False)])
def test_a_connection_is_not_trusted_after_a_failed_sync(tmp_path: Path, code: int, another: bool) -> None:
    with open_register(tmp_path) as register:
        save(register, application(1))
        real = register._writing
        register._writing = failing = Failing(real, code)
        with pytest.raises(IoFailure if another else driver.DiskFull):
            save(register, application(2))
        assert failing.undone == 1
        if not another:
            register._writing = real
        p = save(register, application(3))
        assert (register._writing is not real) is another
        assert register.read(lambda v: v.by_number("0002/KTP/XI/2026")) is None
        assert register.read(lambda v: v.permohonan(p.id)).nomor_register == "0003/KTP/XI/2026"
        assert register.check_audit().whole
    with open_register(tmp_path) as register:
        assert register.check_audit().whole and register.read(lambda v: v.audit_length()) == 2


def test_while_the_disk_still_fails_every_write_says_so_and_reading_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_register(tmp_path) as register:
        p = save(register, application(1))

        def failing(_connection: Any) -> None:
            error = driver.dbapi.OperationalError("disk I/O error")
            error.sqlite_errorcode = IOERR_FSYNC  # type: ignore[attr-defined]
            raise error

        with monkeypatch.context() as broken:
            broken.setattr(driver, "write_back", failing)
            register._suspect = True
            for _ in range(3):
                with pytest.raises(IoFailure):
                    logged(register, lambda tx: tx.put_draft("k", "v"))
                assert register.read(lambda v: v.permohonan(p.id)).id == p.id
        logged(register, lambda tx: tx.put_draft("k", "v"))
        assert register.read(lambda v: v.drafts("k")) == {"k": "v"}


def test_a_register_on_a_disk_that_takes_nothing_opens_for_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_register(tmp_path) as register:
        p = save(register, application(1))

    def full(_connection: Any) -> None:
        error = driver.dbapi.OperationalError("database or disk is full")
        error.sqlite_errorcode = FULL  # type: ignore[attr-defined]
        raise error

    monkeypatch.setattr(driver, "write_back", full)
    with open_register(tmp_path) as register:
        assert register.read(lambda v: v.permohonan(p.id)).id == p.id
        with pytest.raises(driver.DiskFull):
            logged(register, lambda tx: tx.put_draft("k", "v"))
        monkeypatch.undo()
        logged(register, lambda tx: tx.put_draft("k", "v"))
