"""One register of every released schema, kept as it was written; each must open, upgrade and read the same for ever.

``python tests/register/test_register_frozen.py`` writes the one of the present schema; existing ones are never replaced.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from register_makers import NOW, application, job, logged, nik, open_register, packet, person, sample, save, status

from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.courier import CourierBundle
from ktpel_kiosk.domain.errors import Corrupt
from ktpel_kiosk.domain.ganda import DuplicateCheck, DuplicateHit, FingerLikeness, KeptFinger, Putusan
from ktpel_kiosk.domain.ikm import SurveyAnswer
from ktpel_kiosk.domain.kegagalan import DataTerungkap, Kegagalan
from ktpel_kiosk.domain.ledgers import (
    AlasanTarik,
    BlangkoMove,
    BlangkoMoveKind,
    Destruction,
    Letter,
    MonthLock,
    Pejabat,
    WithdrawnCard,
)
from ktpel_kiosk.domain.pengaduan import Kanal, KategoriPengaduan, Pengaduan
from ktpel_kiosk.domain.permintaan import JenisPermintaan, LangkahPermintaan, PermintaanData
from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.domain.retention import Disposal, PurgeRun, Spare
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.status import StatusEntry, StatusSiak
from ktpel_kiosk.domain.viewing import AlasanLihat, Lihat, Viewing
from ktpel_kiosk.ports.register import Handover, Query
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.codecs import moment
from ktpel_kiosk.register.keys import KeyStore, SecretCost
from ktpel_kiosk.register.store import SqlRegister

FROZEN = Path(__file__).parent / "frozen"
VERSIONS = sorted(p.name for p in FROZEN.iterdir() if p.is_dir())
SECRET = "rahasia beku"


def write(folder: Path) -> None:
    key = KeyStore(folder / "register.key", cost=SecretCost(1, 64, 1)).create(secret=SECRET)
    with open_register(folder, key) as register:
        p = save(register, application(1))
        logged(register, lambda tx: (
            tx.add_sample(sample(p, Position.FACE, size=3000, data=b"\x89PNG beku")), tx.add_packet(packet(p)),
            tx.add_status(status("packet-1", 7)), tx.show_status(p.id, "PROCESSING", NOW),
            tx.add_blangko(["00001"], "BAST-1", NOW), tx.add_card_job(job(p)),
            tx.save_user(UserAccount("rina", "Rina", (Peran.LOKET,), "$argon2id$")), tx.put_draft("k", "v"),
            tx.next_number("register", 2026)))
        logged(register, write_books)
        logged(register, write_fingers)
        logged(register, lambda tx: tx.put_handover(handover(p.id)))
        logged(register, write_outbox)
        logged(register, write_privacy)


def write_privacy(tx: Any) -> None:
    """What came with the sixth schema."""
    p = tx.permohonan(application(1).id)
    tx.add_viewing(Viewing(NOW, p.id, "rina", Lihat.NIK, AlasanLihat.LAIN, "ditanya Dinas"))
    made = tx.save_subject_request(request())
    tx.add_subject_request_step(LangkahPermintaan(made.id, NOW, "rina", made.status))
    tx.add_breach(breach(), [p.id])
    tx.add_disposal(Disposal("d1", NOW, "draf", 2, 30, "-", "ab" * 32))


def request() -> PermintaanData:
    return PermintaanData("m1", "0001/PSD/XI/2026", NOW, NOW + timedelta(hours=72), JenisPermintaan.AKSES, nik(1), "SITI", "0812",
                          "salinan", "rina")


def breach() -> Kegagalan:
    return Kegagalan("g1", "400/BAP/1", NOW, NOW + timedelta(hours=72), NOW - timedelta(days=1), NOW, (DataTerungkap.NIK,), "disk hilang",
                     "kunci dicabut", "camat", "kasi", 1, NOW)


def read_privacy(register: SqlRegister) -> None:
    def look(view: Any) -> None:
        p = application(1).id
        assert [(v.what, v.reason, v.note) for v in view.viewings_of(p)] == [(Lihat.NIK, AlasanLihat.LAIN, "ditanya Dinas")]
        assert view.subject_request("m1") == replace(request(), version=1) and len(view.subject_request_steps("m1")) == 1
        assert view.breaches() == [breach()] and view.breach_people("g1") == [p] and view.disposals()[0].count == 2
        assert view.ids_of_nik(nik(1)) == [p]

    register.read(look)


def write_outbox(tx: Any) -> None:
    """What came with the fifth schema."""
    p = tx.permohonan(application(1).id)
    tx.add_spare(Spare("packet-1", "packet-1.isi", 9, "ab" * 32, NOW, b"k" * 32))
    tx.add_courier_bundle(CourierBundle("c1", NOW, "rina", "kurir-1", 1, 9, "cd" * 32))
    tx.add_status_entry(StatusEntry("s1", p.id, nik(1), StatusSiak.PROCESSING, NOW, "dibaca di SIAK", "manual", "rina", NOW))
    tx.add_purge(PurgeRun("u1", NOW, "", "-", 1, 9, 1, 1, 30, "ef" * 32))


def handover(permohonan_id: str) -> Handover:
    return Handover(permohonan_id, "kartu", "WALI CONTOH", "kuasa", "rina", NOW, b"\x89PNG ttd", "04A1B2", True, False, "0001/BP/2026",
                    nik(9), "F-1.07/12", True, "ab" * 32, "aktif")


def write_books(tx: Any) -> None:
    """What came with the second schema."""
    p = tx.permohonan(application(1).id)
    tx.add_withdrawn(WithdrawnCard("k1", nik(1), "SITI", AlasanTarik.RUSAK, "patah", "rina", NOW))
    tx.add_destruction(Destruction("b1", "1/BA", NOW, "kantor", "dibakar", (Pejabat("Budi"),), (), "rina", 1), ["k1"])
    tx.save_complaint(Pengaduan("c1", "P-1", NOW, Kanal.EMAIL, "antre", KategoriPengaduan.RINGAN, "rina", NOW))
    tx.add_letter(Letter("470/1", "surat_pengantar", NOW, "Dinas", "Perekaman", "Camat", "rina", permohonan_id=p.id))
    tx.add_blangko_move(BlangkoMove(NOW, BlangkoMoveKind.MASUK, 1, "rina", "BAST-1"))
    tx.add_month_lock(MonthLock(2026, 10, "tutup", NOW, "camat"))
    tx.add_survey(SurveyAnswer("2026-11", "baru_wni", (4, 4, 4, 4, 4, 4, 4, 4, 3)))
    tx.put_population([PopulationEntry(person(7), "BELUM REKAM")], PopulationBatch("i1", "d.csv", "0" * 64, NOW, "rina", 1, 0, 0, 0, 0))


def write_fingers(tx: Any) -> None:
    """What came with the third schema."""
    p = tx.permohonan(application(1).id)
    tx.keep_fingers([KeptFinger(p.id, Position.LEFT_INDEX, b"beku", NOW)])
    alike = FingerLikeness(Position.LEFT_INDEX, Position.LEFT_INDEX, 0.7)
    tx.add_duplicate_check(DuplicateCheck("g1", p.id, NOW, 7, (DuplicateHit(p.id, 1.4, (alike,)),)))
    tx.decide_duplicate("g1", Putusan.ORANG_LAIN, "rina", NOW, "beda wajah")


def read_fingers(register: SqlRegister) -> None:
    def look(view: Any) -> None:
        (kept,) = view.kept_fingers(Position.LEFT_INDEX)
        assert (kept.form, kept.kept_at) == (b"beku", NOW)
        check = view.duplicate_check("g1")
        assert (check.people, check.decision, check.hits[0].fingers[0].score) == (7, Putusan.ORANG_LAIN, 0.7)

    register.read(look)


def read_books(register: SqlRegister) -> None:
    def look(view: Any) -> None:
        ever = NOW - timedelta(days=9), NOW + timedelta(days=9)
        assert [(c.id, d.nomor) for c, d in view.withdrawn_in(*ever)] == [("k1", "1/BA")]
        assert view.complaint("c1").kanal is Kanal.EMAIL and view.letters_of(application(1).id)[0].nomor == "470/1"
        assert view.blangko_stock_at(ever[1]) == 1 and view.month_closed(2026, 10)
        assert [a.scores[8] for a in view.surveys("2026-11", "2026-11")] == [3]
        assert view.population(nik(7)).penduduk == person(7) and view.population_batches()[0].added == 1

    register.read(look)


def test_the_present_schema_is_frozen_too() -> None:
    assert [f"v{n}" for n in range(1, driver.SCHEMA_VERSION + 1)] == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_every_released_register_still_opens_whole(version: str, tmp_path: Path) -> None:
    folder = tmp_path / version
    shutil.copytree(FROZEN / version, folder)
    for path in folder.glob("*.frozen"):
        path.rename(path.with_suffix(""))
    key = KeyStore(folder / "register.key").unlock_with_secret(SECRET)
    with open_register(folder, key) as register:
        register.integrity_check()
        check = register.check_audit()
        assert check.whole and check.length == {"v1": 2, "v2": 3, "v3": 4, "v4": 5, "v5": 6, "v6": 7}[version]
        p = register.read(lambda v: v.permohonan(application(1).id))
        assert p.penduduk == application(1).penduduk and p.tahap == application(1).tahap
        assert [s.data for s in register.read(lambda v: v.samples(p.id))] == [b"\x89PNG beku"]
        assert register.read(lambda v: v.list(Query(text="siti")))[0].status_siak == "PROCESSING"
        assert register.read(lambda v: v.open_for_nik(nik(1))) == p
        assert logged(register, lambda tx: tx.next_number("register", 2026)) == 2
        for text in ("0812345", "+62 812 345", "tempeh", "lor siti", "0001/KTP"):
            assert [i.id for i in register.read(lambda v, t=text: v.list(Query(text=t)))] == [p.id], text
        if version != "v1":
            read_books(register)
        if version not in ("v1", "v2"):
            read_fingers(register)
        if version not in ("v1", "v2", "v3"):
            assert register.read(lambda v: v.handover(p.id)) == handover(p.id)
        if int(version[1:]) >= 6:
            read_privacy(register)


def test_the_first_schema_gets_the_moves_of_its_blank_cards(tmp_path: Path) -> None:
    """Receipts by batch and moment; good and spoiled ones by their job, returned ones by their receipt; those in use not yet."""
    with first_register(tmp_path) as connection:
        for no, (serial, state, job_id) in enumerate((("1", "stok", ""), ("2", "dipakai", "a"), ("3", "baik", "b"), ("4", "rusak", "c"),
                                                      ("5", "dikembalikan", ""), ("6", "baik", "gone")), 2):
            connection.execute("INSERT INTO blangko VALUES (?, ?, ?, 'BAST-2', ?, 1000)", (no, serial, state, job_id))
        for id, live, state, at in (("b", 1, "confirmed", 5000), ("c", 0, "spoiled", 3000)):
            connection.execute("INSERT INTO card_job VALUES (?, ?, ?, '', ?, ?, ?, 0, ?, '', '', '', '', '', 'eko')",
                               (id, application(1).id, id, id, state, live, at))
    with open_frozen(tmp_path) as register:
        moves = register.read(lambda v: list(v.blangko_moves_in(moment(0), moment(9000))))
        assert [(m.at, m.kind.value, m.count, m.officer, m.batch, m.serial) for m in moves] == [
            (moment(1000), "masuk", 6, "", "BAST-2", ""), (moment(1000), "kembali", 1, "", "BAST-2", "5"),
            (moment(1000), "baik", 1, "", "", "6"), (moment(3000), "rusak", 1, "eko", "", "4"), (moment(5000), "baik", 1, "eko", "", "3")]
        assert register.read(lambda v: v.blangko_stock_at(NOW + timedelta(days=99))) == 6 - 4 + 1, "with the one of the frozen register"
        register.integrity_check()


def test_a_first_register_that_contradicts_itself_stays_as_it_was(tmp_path: Path) -> None:
    with first_register(tmp_path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF").close()
        connection.execute("UPDATE sample SET permohonan_id = 'nirgends'")
    with pytest.raises(Corrupt):
        open_frozen(tmp_path)
    with first_register(tmp_path) as connection:
        assert driver.scalar(connection, "PRAGMA user_version") == 1
        assert driver.scalar(connection, "SELECT count(*) FROM sqlite_schema WHERE name IN ('letter', 'search_word_before')") == 0
        connection.execute("PRAGMA foreign_keys = OFF").close()
        connection.execute("UPDATE sample SET permohonan_id = ?", (application(1).id,))
    with open_frozen(tmp_path) as register:
        register.integrity_check()


@contextmanager
def first_register(folder: Path) -> Iterator[Any]:
    """A connection to a copy of the frozen first register, made at the first call."""
    if not (folder / "register.sqlite").exists():
        for path in (FROZEN / "v1").glob("*.frozen"):
            shutil.copy(path, folder / path.stem)
    connection = driver.connect(folder / "register.sqlite", KeyStore(folder / "register.key").unlock_with_secret(SECRET), writer=True)
    try:
        yield connection
    finally:
        connection.close()


def open_frozen(folder: Path) -> SqlRegister:
    return open_register(folder, KeyStore(folder / "register.key").unlock_with_secret(SECRET))


if __name__ == "__main__":
    target = FROZEN / f"v{driver.SCHEMA_VERSION}"
    if target.exists():
        sys.exit(f"{target} exists: a released schema is never written again")
    write(target)
    for made in target.iterdir():
        made.rename(made.with_name(made.name + ".frozen"))
