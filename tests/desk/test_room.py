"""No room for another recording: nobody new begins, what is under way is finished with the reserve, and everybody is told early."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from desk_office import PASSWORD

from ktpel_kiosk.app.room import FolderRoom
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.desk import recording, room, sealing
from ktpel_kiosk.domain.errors import DiskFull
from ktpel_kiosk.domain.sop import Peran, Stage


@dataclass
class Disk:
    """A disk with so much left, and a reserve."""

    free: int
    reserve: int = 0

    def free_bytes(self) -> int:
        return self.free

    def give(self) -> bool:
        given, self.reserve = self.reserve, 0
        self.free += given
        return bool(given)

    def keep(self) -> bool:
        return bool(self.reserve)


def on(office, disk):
    object.__setattr__(office.desk, "room", disk)
    return disk


def said(error):
    text = load_sentences().of(error)
    assert text.endswith(".") and "{" not in text and "-" not in text.split()
    return text


def test_nobody_new_is_recorded_where_it_would_not_fit(office):
    p, operator = office.at(Stage.REKAM), office.actor(Peran.OPERATOR)
    disk = on(office, Disk(room.RECORDING - 1, reserve=room.RECORDING))
    with pytest.raises(DiskFull) as caught:
        recording.confirm_data(office.desk, operator, p.id)
    assert "47 MB" in said(caught.value) and "48 MB" in said(caught.value)
    assert office.read(p).confirmed_at is None and disk.reserve, "the reserve is for what is under way"
    recording.confirm_data(office.desk, operator, p.id, ("nama",))  # a correction takes no room
    disk.free = room.RECORDING
    assert recording.confirm_data(office.desk, operator, p.id).confirmed_at is not None


def test_what_is_recorded_is_sealed_with_the_reserve(office):
    from test_sealing import recorded

    p, operator = recorded(office), office.actor(Peran.OPERATOR)
    sealing.applicant_confirms(office.desk, operator, p.id)
    sealing.sign_off(office.desk, operator, p.id, PASSWORD)
    disk = on(office, Disk(1, reserve=5))
    with pytest.raises(DiskFull) as caught:
        sealing.seal_packet(office.desk, operator, p.id)
    assert caught.value.message_key == "storage.no_room_seal" and said(caught.value)
    assert not office.vault.contents and office.read(p).current().stage is Stage.KIRIM
    disk.reserve = room.SEALING
    assert sealing.seal_packet(office.desk, operator, p.id).size >= 0
    assert disk.reserve == 0


@pytest.mark.parametrize(("free", "state"), [
    (room.RECORDING - 1, room.State.NONE), (room.RECORDING, room.State.FEW), (room.RECORDING + 199 * 2 * room.MB, room.State.FEW),
    (room.RECORDING + 200 * 2 * room.MB, room.State.PLENTY)])
def test_how_much_is_left_in_recordings(office, free, state):
    on(office, Disk(free))
    found = room.left(office.desk, office.actor(Peran.LOKET))
    assert (found.state, found.free_bytes) == (state, free)
    assert found.recordings == max(0, free - room.RECORDING) // 2_000_000


def test_a_reserve_is_kept_given_and_kept_again(tmp_path: Path):
    (tmp_path / "register").mkdir()
    own = FolderRoom(tmp_path, reserve=1 << 20)
    file = tmp_path / "register" / "ruang-cadangan"
    assert not own.give()
    assert own.keep() and own.keep()
    assert file.stat().st_size == 1 << 20 and file.stat().st_blocks * 512 >= 1 << 20, "not only a length"
    assert own.give() and not file.exists() and not own.give()
    file.write_bytes(b"cut off")
    assert own.keep() and file.stat().st_size == 1 << 20
    assert not FolderRoom(tmp_path, reserve=1 << 60).keep(), "a reserve is not what fills the disk"
    assert FolderRoom(tmp_path).free_bytes() > 0


def test_a_full_disk_frees_the_reserve_for_the_next_try(tmp_path: Path):
    from ktpel_kiosk.app.wiring import open_practice_kiosk

    with open_practice_kiosk(tmp_path, "tempeh") as kiosk:
        small = FolderRoom(tmp_path, reserve=1 << 20)
        assert small.keep() and (tmp_path / "register" / "ruang-cadangan").exists()
        kiosk.register.write(lambda tx: (tx._connection.execute("PRAGMA max_page_count = 1"), tx.log("DraftSaved", "x", "rina")))

        def large(tx):
            for n in range(200):
                tx.put_draft(f"k{n}", "v" * 4000)
            tx.log("DraftSaved", "x", "rina")

        with pytest.raises(DiskFull):
            kiosk.register.write(large)
        assert not (tmp_path / "register" / "ruang-cadangan").exists()
