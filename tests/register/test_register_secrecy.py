"""Nothing readable on disk, in errors or in logs."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from register_makers import KEY, NOW, application, logged, open_register, packet, person, sample, save

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.register import Query, ScannedDocument

MARKERS = [f"RAHASIA{n:03d}QXZ" for n in range(200)]


def in_files(folder: Path, wanted: list[bytes]) -> list[tuple[str, bytes]]:
    return [(p.name, w) for p in folder.rglob("*") if p.is_file() for w in wanted if w in p.read_bytes()]


def test_no_marker_is_found_in_any_file_while_open_after_close_and_in_a_backup(tmp_path: Path) -> None:
    wanted = [m.encode() for m in MARKERS] + [b"SITI AMINAH", b"35080545020000", b"CREATE TABLE", b"\x89PNG", KEY, KEY.hex().encode()]
    register = open_register(tmp_path)
    for n in range(20):
        words = iter(MARKERS[n * 10:n * 10 + 10])
        p = application(n + 1, penduduk=person(n + 1, nama=next(words), alamat=next(words), desa=next(words)), note=next(words),
                        mobile_place=next(words))
        p = save(register, p)
        logged(register, lambda tx, p=p, w=words: (
            tx.add_sample(replace(sample(p, size=9000), data=b"\x89PNG" + next(w).encode() * 700)),
            tx.add_document(ScannedDocument(f"d{p.id}", p.id, "berkas.kk", "application/pdf", next(w).encode() * 400, NOW, next(w))),
            tx.put_draft(next(w), next(w)), tx.add_packet(packet(p, int(p.id[-3:])))))
    assert (tmp_path / "register.sqlite-wal").stat().st_size > 100_000
    assert in_files(tmp_path, wanted) == []
    register.backup(tmp_path / "copies")
    register.close()
    assert in_files(tmp_path, wanted) == []


def test_purged_pixels_leave_the_pages_and_the_journal(tmp_path: Path) -> None:
    """Seen with the key: the deleted bytes are overwritten, not only unlinked."""
    from ktpel_kiosk.register import driver

    mark = b"PIKSEL-YANG-DIHAPUS-"
    with open_register(tmp_path) as register:
        p = save(register, application())
        logged(register, lambda tx: tx.add_sample(replace(sample(p), data=mark * 4000)))
        logged(register, lambda tx: tx.drop_samples(p.id))
        logged(register, lambda tx: tx.put_draft("a", "b"))
        assert (tmp_path / "register.sqlite-wal").stat().st_size < 60_000, "the journal was cut after the purge"
    connection = driver.connect(tmp_path / "register.sqlite", KEY, writer=True)
    connection.execute(f"ATTACH DATABASE '{tmp_path / 'plain.sqlite'}' AS plain KEY ''")
    connection.execute("SELECT sqlcipher_export('plain')")
    connection.execute("DETACH DATABASE plain")
    assert driver.scalar(connection, "PRAGMA secure_delete") == 1
    connection.close()
    assert mark not in (tmp_path / "plain.sqlite").read_bytes()


def test_errors_and_logs_hold_no_personal_data(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    with open_register(tmp_path) as register:
        p = save(register, application(1))
        for act in (lambda tx: tx.save_permohonan(application(2, penduduk=person(1))),
                    lambda tx: tx.save_permohonan(application(2, nomor_register=p.nomor_register)),
                    lambda tx: tx.save_permohonan(replace(application(3), penduduk=replace(person(3), nik="RAHASIA"))),
                    lambda tx: tx.save_permohonan(application(4, penduduk=person(4, nama="\udfff"))),
                    lambda tx: tx.permohonan("SITI AMINAH B")):
            with pytest.raises(KioskError) as caught:
                logged(register, act)
            error: BaseException | None = caught.value
            while error is not None:
                texts.append(f"{error} {error.args}")
                error = error.__cause__ or error.__context__
        register.read(lambda v: v.list(Query(text="siti", since=NOW - timedelta(days=1))))
    everything = "\n".join([*texts, caplog.text])
    for secret in ("SITI", "AMINAH", "3508054502", "RAHASIA", KEY.hex()):
        assert secret not in everything, everything


def test_the_key_is_not_shown_by_the_register(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        assert KEY.hex() not in repr(register) and repr(KEY) not in repr(register)
