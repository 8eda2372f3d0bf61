"""Packets out on a disk, receipts and statuses back in: by signature and by the register, once, whatever the order of disks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from courier_centre import AT, STRANGER, packet_of, page, put, receipt, waiting_packets, with_courier
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from desk_office import Office, build
from doubles import Vault

from ktpel_kiosk.app.clock import Uuid7
from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.desk import courier
from ktpel_kiosk.desk.courier_back import RECEIPT_NOTE, lines, read_to
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.courier import Disk
from ktpel_kiosk.domain.errors import BadInput, DiskFull, NotAllowed
from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.packet.keys import _self_signed
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.courier_tokens import GatewayTokens
from ktpel_kiosk.siak.jws import sign_jws
from ktpel_kiosk.siak.key_keeper import KeyKeeper
from ktpel_kiosk.siak.ledger import PENDING_RECEIPT
from ktpel_kiosk.siak.receipt_keys import KeySet, key_from_certificate, statement


@pytest.fixture(scope="module")
def furnished(tmp_path_factory) -> tuple[Path, Office]:
    """An office with its accounts, made once; each test works on a copy."""
    folder = tmp_path_factory.mktemp("kantor") / "tempeh"
    made = build(folder, "tempeh")
    made.desk.register.close()
    return folder, made


@pytest.fixture
def office(furnished, tmp_path) -> Iterator[Office]:
    folder, made = furnished
    copy = tmp_path / "tempeh"
    shutil.copytree(folder, copy)
    vault = Vault(copy / "packets")
    desk = replace(made.desk, register=open_register(copy, made.clock, Uuid7(made.clock)), sealer=vault)
    yield replace(made, desk=desk, vault=vault)
    desk.register.close()


@pytest.fixture
def desk_with(office):
    with_courier(office)
    return office


@pytest.fixture
def usb(tmp_path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


def operator(office: Office) -> Actor:
    return office.actor(Peran.OPERATOR)


def export(office: Office, usb: Path, **options: object) -> courier.Exported:
    return courier.export_bundle(office.desk, operator(office), usb, **options)


def take(office: Office, usb: Path):
    (made,) = courier.import_bundles(office.desk, operator(office), usb)
    return made


def events(office: Office, name: str) -> list[dict]:
    return [dict(x.facts) for x in office.desk.register.read(lambda v: list(v.audit())) if x.event == name]


def keys(made) -> dict[str, str]:
    return {r.entry: r.key for r in made.refused}


def test_the_note_is_the_one_the_sender_settles():
    assert RECEIPT_NOTE == PENDING_RECEIPT


def test_out_and_back(desk_with, usb):
    """The whole journey of two packets; the queue keeps them until the receipts are here."""
    office = desk_with
    first, second = waiting_packets(office, 2)
    seen = []
    made = export(office, usb, on_progress=lambda done, planned: seen.append(done))
    assert (made.bundle.packets, made.left, made.damaged) == (2, 0, ())
    assert seen[-1] == first.size + second.size == made.bundle.bytes
    marked = packet_of(office.desk, first)
    assert (marked.courier_id, marked.courier_at, marked.state) == (made.bundle.id, made.bundle.at, PacketState.SEALED)
    assert len(office.desk.register.read(lambda v: v.packets(unsent_only=True))) == 2
    assert [e["packet_id"] for e in events(office, "PacketExported")] == [first.packet_id, second.packet_id]
    assert courier.waiting(office.desk, operator(office)).carried == 2

    put(made.folder, f"receipts/{first.packet_id}.jws", receipt(first, 4))
    put(made.folder, f"receipts/{second.packet_id}.jws", receipt(second, 5))
    put(made.folder, "status/0-9.jws", page(first.station, 0, [(8, first.packet_id, StatusSiak.RECEIVED_AT_CENTRAL),
                                                              (9, first.packet_id, StatusSiak.PRINT_READY_RECORD)]))
    back = take(office, usb)
    assert (back.ours, back.receipts, back.statuses, back.refused) == (True, 2, 2, ())
    got = packet_of(office.desk, first)
    assert (got.state, got.server_sequence, got.received_at, got.wait_cause) == (PacketState.RECEIVED, 4, AT, WaitCause.NONE)
    p = office.desk.register.read(lambda v: v.permohonan(first.permohonan_id))
    assert p.current().stage is Stage.CETAK_ENCODE
    waits = office.desk.register.read(lambda v: v.permohonan(second.permohonan_id)).current()
    assert waits.pause_reason == "menunggu_prr"
    said = office.desk.register.read(lambda v: list(v.status_events(first.packet_id)))
    assert {(e.source, e.nik) for e in said} == {("courier", p.penduduk.nik)}
    assert office.desk.register.read(lambda v: v.drafts(RECEIPT_NOTE)) == {}
    assert office.desk.register.read(read_to) == 9
    (row,) = courier.bundles(office.desk, operator(office))
    assert (row.receipts, row.statuses, row.label, row.digest) == (2, 2, made.folder.name, made.bundle.digest)
    assert row.imported_at is not None
    with pytest.raises(BadInput) as error:
        export(office, usb)
    assert error.value.message_key == "courier.nothing_waits"


def test_the_same_disk_twice_counts_once(desk_with, usb):
    office = desk_with
    (packet,) = waiting_packets(office, 1)
    made = export(office, usb)
    put(made.folder, f"receipts/{packet.packet_id}.jws", receipt(packet))
    put(made.folder, "status/0-3.jws", page(packet.station, 0, [(3, packet.packet_id, StatusSiak.PROCESSING)]))
    take(office, usb)
    again = take(office, usb)
    assert (again.receipts, again.receipts_had, again.statuses) == (0, 1, 0)
    assert keys(again) == {"status/0-3.jws": "courier.status_older"}
    (row,) = courier.bundles(office.desk, operator(office))
    assert (row.receipts, row.statuses) == (1, 1)
    assert len(events(office, "PacketReceived")) == 1


def test_a_packet_that_went_by_line_meanwhile_is_counted_once(desk_with, usb):
    office = desk_with
    (packet,) = waiting_packets(office, 1)
    made = export(office, usb)
    jws = receipt(packet, 3)

    def by_line(tx) -> None:
        tx.save_packet(replace(packet_of(office.desk, packet), state=PacketState.RECEIVED, receipt=jws, received_at=AT, server_sequence=3))
        tx.log("PacketReceived", packet.permohonan_id, "-", packet_id=packet.packet_id)
    office.desk.register.write(by_line)
    put(made.folder, f"receipts/{packet.packet_id}.jws", jws)
    back = take(office, usb)
    assert (back.receipts, back.receipts_had, back.refused) == (0, 1, ())
    assert len(events(office, "PacketReceived")) == 1
    shutil.rmtree(made.folder / "receipts")
    put(made.folder, f"receipts/{packet.packet_id}.jws", receipt(packet, 8))   # the centre never gives another one
    assert keys(take(office, usb)) == {f"receipts/{packet.packet_id}.jws": "courier.receipt_differs"}


def test_everything_wrong_is_refused_by_name_and_the_rest_is_taken(desk_with, usb):
    office = desk_with
    good, bad, other, aside = waiting_packets(office, 4)
    office.desk.register.write(lambda tx: (tx.save_packet(replace(aside, replaced_by="x-1")), tx.log("PacketReplaced", "-", "-"))[0])
    made = export(office, usb)
    unknown = replace(good, packet_id="0195a1b2-0000-7000-8000-00000000dead")
    files = {
        "good": receipt(good), "stranger": receipt(bad, key=STRANGER), "altered": receipt(bad)[:-6] + "AAAAAA",
        "foreign": receipt(bad, station="meja-lain"), "file": receipt(bad, sha256="0" * 64), "unknown": receipt(unknown),
        "elsewhere": receipt(unknown, station="meja-lain"), "replaced": receipt(aside), "html": "<html></html>", "empty": "",
    }
    for name, text in files.items():
        put(made.folder, f"receipts/{name}.jws", text)
    put(made.folder, "receipts/catatan.txt", "x")
    station = good.station
    put(made.folder, "status/0-2.jws", page("meja-lain", 0, [(2, good.packet_id, StatusSiak.PROCESSING)]))
    put(made.folder, "status/1-3.jws", page(station, 0, [(3, good.packet_id, StatusSiak.PROCESSING)], key=STRANGER))
    put(made.folder, "status/2-4.jws", page(station, 0, [(4, unknown.packet_id, StatusSiak.PROCESSING),
                                                       (5, good.packet_id, StatusSiak.RECEIVED_AT_CENTRAL)]))
    before = {str(p): p.stat().st_mtime_ns for p in usb.rglob("*")}
    back = take(office, usb)
    assert (back.receipts, back.statuses, back.ours) == (1, 1, True)
    assert keys(back) == {
        "receipts/stranger.jws": "courier.receipt_unsigned", "receipts/altered.jws": "courier.receipt_unsigned",
        "receipts/foreign.jws": "courier.receipt_foreign", "receipts/file.jws": "courier.receipt_altered",
        "receipts/unknown.jws": "courier.receipt_unknown", "receipts/elsewhere.jws": "courier.receipt_foreign",
        "receipts/replaced.jws": "courier.receipt_replaced", "receipts/html.jws": "courier.receipt_unsigned",
        "receipts/empty.jws": "courier.receipt_unsigned", "receipts/catatan.txt": "courier.file_foreign",
        "status/0-2.jws": "courier.status_foreign", "status/1-3.jws": "courier.status_unsigned",
        "status/2-4.jws nomor 4": "courier.status_unknown_packet",
    }
    audited = events(office, "CourierRefused")
    assert {e["entry"]: e["reason"] for e in audited} == keys(back)
    assert all(packet_of(office.desk, p).state is not PacketState.RECEIVED for p in (bad, other, aside))
    assert {str(p): p.stat().st_mtime_ns for p in usb.rglob("*")} == before   # reading writes nothing
    sentence = office.desk.sentences.text
    told = list(lines(back.refused, sentence))
    assert len(told) == 13
    assert all(": " in line and line.endswith(".") and "courier." not in line for line in told)


def test_a_manifest_of_another_station_is_refused_but_our_receipts_on_the_disk_count(desk_with, usb):
    office = desk_with
    (packet,) = waiting_packets(office, 1)
    made = export(office, usb)
    text = (made.folder / "manifest.jws").read_text()
    (made.folder / "manifest.jws").write_text(text[:200] + ("A" if text[200] != "A" else "B") + text[201:])
    put(made.folder, f"receipts/{packet.packet_id}.jws", receipt(packet))
    back = take(office, usb)
    assert not back.ours
    assert list(keys(back).values())[0].startswith("courier.manifest_")
    assert back.receipts == 1
    (row,) = courier.bundles(office.desk, operator(office))
    assert (row.imported_at, row.receipts) == (None, 0)


def test_an_older_disk_after_a_newer_one_changes_nothing_back(desk_with, tmp_path):
    office = desk_with
    (packet,) = waiting_packets(office, 1)
    old = export(office, _folder(tmp_path / "a"))
    new = export(office, _folder(tmp_path / "b"))
    ready, early = StatusSiak.PRINT_READY_RECORD, StatusSiak.RECEIVED_AT_CENTRAL
    put(old.folder, "status/0-3.jws", page(packet.station, 0, [(3, packet.packet_id, early)]))
    put(new.folder, "status/0-7.jws", page(packet.station, 0, [(3, packet.packet_id, early), (7, packet.packet_id, ready)]))
    for folder in (old.folder, new.folder):
        put(folder, f"receipts/{packet.packet_id}.jws", receipt(packet))
    assert take(office, tmp_path / "b").statuses == 2
    late = take(office, tmp_path / "a")
    assert (late.receipts_had, late.statuses) == (1, 0)
    assert keys(late) == {"status/0-3.jws": "courier.status_older"}
    p = office.desk.register.read(lambda v: v.permohonan(packet.permohonan_id))
    assert p.current().stage is Stage.CETAK_ENCODE


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_page_with_a_gap_before_it_is_taken_but_the_gap_stays_open(desk_with, usb):
    office = desk_with
    (packet,) = waiting_packets(office, 1)
    made = export(office, usb)
    put(made.folder, "status/5-8.jws", page(packet.station, 5, [(8, packet.packet_id, StatusSiak.PROCESSING)]))
    assert take(office, usb).statuses == 1
    assert office.desk.register.read(read_to) == 0
    put(made.folder, "status/0-5.jws", page(packet.station, 0, [(5, packet.packet_id, StatusSiak.SENT_FOR_ENROLLMENT)]))
    assert take(office, usb).statuses == 1
    assert office.desk.register.read(read_to) == 8
    bundle = export(office, usb, only_new=False)
    assert office.desk.courier.disk.open(bundle.folder).manifest.status_after == 8


def test_the_feed_that_comes_later_by_line_finds_everything_known(desk_with, usb):
    from ktpel_kiosk.desk import statuses
    office = desk_with
    (packet,) = waiting_packets(office, 1)
    made = export(office, usb)
    put(made.folder, "status/0-2.jws", page(packet.station, 0, [(2, packet.packet_id, StatusSiak.PRINT_READY_RECORD)]))
    take(office, usb)
    p = office.desk.register.read(lambda v: v.permohonan(packet.permohonan_id))
    assert not statuses.apply_status(office.desk, StatusEvent(2, packet.packet_id, p.penduduk.nik, StatusSiak.PRINT_READY_RECORD, AT))
    assert office.desk.register.read(lambda v: v.permohonan(packet.permohonan_id)).tahap == p.tahap


def test_a_new_receipt_key_comes_on_the_disk_too(office, usb):
    """The centre changed its key while this desk had no line: the statement travels with the receipts, signed by the old key."""
    old, new, stranger = (_receipt_key(kid) for kid in ("lama", "baru", "asing"))
    keeper = KeyKeeper(office.desk.register, KeySet.pinned({"lama": old.pem}))
    with_courier(office)
    tokens = GatewayTokens(lambda: keeper.ring.keys, keeper.refresh)
    office.desk = replace(office.desk, courier=replace(office.desk.courier, tokens=tokens))
    (packet,) = waiting_packets(office, 1)
    made = export(office, usb)
    put(made.folder, f"receipts/{packet.packet_id}.jws", receipt(packet, key=new.private, kid="baru"))
    assert keys(take(office, usb)) == {f"receipts/{packet.packet_id}.jws": "courier.receipt_unsigned"}

    both = KeySet({"lama": old.key, "baru": new.key})
    told = statement(both, 1, AT)
    put(made.folder, "keys/1.jws", sign_jws(told, stranger.private, "lama", wire.KEYS_TYPE))
    assert keys(take(office, usb))["keys/1.jws"] == "courier.keys_unsigned"
    put(made.folder, "keys/1.jws", sign_jws(told, old.private, "lama", wire.KEYS_TYPE))
    back = take(office, usb)
    assert (back.receipts, back.refused) == (1, ())
    assert set(keeper.ring.keys.keys) == {"lama", "baru"}
    assert take(office, usb).refused == ()   # known by now: no word about it
    assert [e["key"] for e in events(office, "ReceiptKeyAdopted")] == ["baru"]


def _receipt_key(kid: str) -> SimpleNamespace:
    private = ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed(kid, private, AT - timedelta(days=30))[1]
    pem = certificate.public_bytes(Encoding.PEM)
    return SimpleNamespace(private=private, pem=pem, key=key_from_certificate(kid, pem))


def test_two_disks_one_after_the_other(desk_with, tmp_path, monkeypatch):
    from ktpel_kiosk.packet import courier as writing
    office = desk_with
    packets = waiting_packets(office, 3)
    monkeypatch.setattr(writing, "_fitting", lambda items, room: tuple(items[:2]))
    one = export(office, _folder(tmp_path / "a"))
    assert (one.bundle.packets, one.left, one.left_bytes) == (2, 1, packets[2].size)
    two = export(office, _folder(tmp_path / "b"), besides=frozenset({one.bundle.id}))
    assert (two.bundle.packets, two.left) == (1, 0)
    assert packet_of(office.desk, packets[2]).courier_id == two.bundle.id
    with pytest.raises(BadInput):
        export(office, tmp_path / "a", only_new=True)
    everything = export(office, tmp_path / "a")   # the disk got lost: all of it once more
    assert everything.bundle.packets == 2


def test_damaged_files_and_refused_packets_stay_here_by_name(desk_with, usb):
    office = desk_with
    good, broken, refused = waiting_packets(office, 3)
    office.desk.register.write(lambda tx: (tx.save_packet(replace(refused, state=PacketState.REFUSED, wait_cause=WaitCause.DATA)),
                                           tx.log("PacketRefused", "-", "-"))[0])
    (office.vault.folder / broken.path).write_bytes(b"x")
    assert courier.waiting(office.desk, operator(office)).aside == 1
    made = export(office, usb)
    assert made.damaged == (broken.packet_id,)
    assert [i.packet_id for i in office.desk.courier.disk.open(made.folder).manifest.items] == [good.packet_id]
    assert packet_of(office.desk, broken).courier_id == ""
    assert [e["packet_id"] for e in events(office, "PacketFileDamaged")] == [broken.packet_id]


def test_a_bundle_written_before_the_desk_died_is_recorded_when_it_comes_back(desk_with, usb, monkeypatch):
    office = desk_with
    (packet,) = waiting_packets(office, 1)
    monkeypatch.setattr(courier, "_record", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        export(office, usb)
    assert courier.bundles(office.desk, operator(office)) == []
    (folder,) = usb.iterdir()
    put(folder, f"receipts/{packet.packet_id}.jws", receipt(packet))
    assert take(office, usb).receipts == 1
    (row,) = courier.bundles(office.desk, operator(office))
    assert (row.packets, row.receipts, row.label) == (1, 1, folder.name)


def test_a_desk_that_dies_between_receipt_and_application_is_told_later(desk_with, usb, monkeypatch):
    from ktpel_kiosk.desk import courier_back, statuses
    office = desk_with
    (packet,) = waiting_packets(office, 1)
    made = export(office, usb)
    put(made.folder, f"receipts/{packet.packet_id}.jws", receipt(packet))

    def dies(desk, packet_id):
        raise KeyboardInterrupt
    monkeypatch.setattr(courier_back.statuses, "note_receipt", dies)
    with pytest.raises(KeyboardInterrupt):
        take(office, usb)
    assert packet_of(office.desk, packet).state is PacketState.RECEIVED
    assert list(office.desk.register.read(lambda v: v.drafts(PENDING_RECEIPT))) == [PENDING_RECEIPT + packet.packet_id]
    monkeypatch.undo()
    statuses.note_receipt(office.desk, packet.packet_id)   # what the sender does with the note at its next pass
    p = office.desk.register.read(lambda v: v.permohonan(packet.permohonan_id))
    assert p.current().pause_reason == "menunggu_prr"


def test_a_full_disk_marks_nothing(desk_with, usb, monkeypatch):
    from ktpel_kiosk.packet import courier as writing
    office = desk_with
    (packet,) = waiting_packets(office, 1)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda p: type("U", (), {"free": 1000}))
    with pytest.raises(DiskFull):
        export(office, usb)
    assert packet_of(office.desk, packet).courier_id == ""
    assert courier.bundles(office.desk, operator(office)) == []


def test_disks_and_roles(office, usb):
    disks = with_courier(office)
    disks.found = [Disk(str(usb), "USB", 10, 20)]
    assert courier.disks(office.desk, operator(office)) == [Disk(str(usb), "USB", 10, 20)]
    clerk = Actor("loket", "L", frozenset({Peran.LOKET}))
    for call in (lambda: courier.waiting(office.desk, clerk), lambda: courier.import_bundles(office.desk, clerk, usb)):
        with pytest.raises(NotAllowed):
            call()


def test_no_bundle_on_the_disk(desk_with, usb):
    with pytest.raises(BadInput) as error:
        take(desk_with, usb)
    assert error.value.message_key == "courier.none"
