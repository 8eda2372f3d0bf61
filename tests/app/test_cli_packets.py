"""Real packets, real receipts, the command line: listed, checked, sealed again, purged only by an officer and with the centre's word."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import intake, retention, sealing, sign_in
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.packet.keys import make_demo_keys
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import sign_jws

runner = CliRunner()
PAST = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)


class Quick:
    """Argon2 is not what is tested here."""

    def hash(self, password):
        return password

    def verify(self, hashed, password):
        return hashed == password


def seal(kiosk, index):
    """A packet of an application without samples: sealed and registered as the desk does it."""
    desk = kiosk.desk
    rina = sign_in.sign_in(desk, "rina", "praktik")
    who = invent(index, 7, desk.sop.kantor, ("TEMPEH LOR",), PAST.date()).penduduk
    have = frozenset(i.kode for i in intake.checklist(desk, Layanan.BARU_WNI, who))
    p = intake.register_intake(desk, rina, Layanan.BARU_WNI, who, have)
    last = desk.register.read(lambda v: v.last_packet())
    content = PacketContent(
        desk.ids.new(), desk.station, "35.08.05", last.counter + 1 if last else 1, last.sha256 if last else GENESIS, "baru_wni", "tempeh",
        "a" * 64, p.nomor_register, desk.clock.now(), who, (), (), (), (), "rina")
    sealed = desk.sealer.seal(content)

    def work(tx):
        packet = Packet(sealed.packet_id, p.id, desk.station, content.counter, content.previous_hash, sealed.sha256, sealed.size,
                        sealed.path, PacketState.SEALED, desk.clock.now())
        sealing.add_sealed(tx, packet, sealed)
        tx.log("PacketSealed", p.id, "rina", packet_id=packet.packet_id)
        return packet

    return desk.register.write(work)


def receive(kiosk, packet, key=None):
    """The centre's receipt, really signed; ``key``: by somebody else."""
    key = key or load_pem_private_key(kiosk.keys.receipt_key.read_bytes(), None)
    at = kiosk.clock.now().replace(microsecond=0)
    payload = wire.receipt_payload(packet.packet_id, packet.sha256, packet.station, packet.counter, at)
    token = sign_jws(payload, key, kiosk.keys.receipt_kid, wire.RECEIPT_TYPE)

    def work(tx):
        tx.save_packet(replace(packet, state=PacketState.RECEIVED, receipt=token, received_at=at, server_sequence=packet.counter))
        tx.log("PacketReceived", packet.permohonan_id, "-", packet_id=packet.packet_id)

    kiosk.register.write(work)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Keys from before the packets: a receipt counts only from the day its key does."""
    return make_demo_keys(tmp_path_factory.mktemp("kunci"), PAST - timedelta(days=1), "tempeh-meja-1").folder


@pytest.fixture(scope="module")
def made(tmp_path_factory, keys):
    """Four packets: received long ago, received with a forged receipt, damaged and unsent, whole and unsent."""
    from cryptography.hazmat.primitives.asymmetric import ec
    data = tmp_path_factory.mktemp("asli") / "kantor"
    shutil.copytree(keys, data / "keys")
    with open_practice_kiosk(data, "tempeh", clock=PracticeClock(PAST), hasher=Quick()) as kiosk:
        packets = [seal(kiosk, i) for i in range(4)]
        receive(kiosk, packets[0])
        receive(kiosk, packets[1], ec.generate_private_key(ec.SECP256R1()))
        (data / "packets" / packets[2].path).write_bytes(b"x" * packets[2].size)
        kiosk.register.write(lambda tx: (tx.save_packet(replace(packets[2], state=PacketState.REFUSED, wait_cause=WaitCause.FILE)),
                                         tx.log("PacketFileDamaged", packets[2].permohonan_id, "-")))
    return data, packets


@pytest.fixture
def office(tmp_path, made):
    data, packets = made
    return shutil.copytree(data, tmp_path / "kantor"), packets


def call(*arguments, **options):
    return runner.invoke(app, [str(a) for a in arguments], **options)


def test_what_lies_on_disk_is_checked_and_mended(office):
    data, packets = office
    listed = json.loads(call("packet", "list", "--data", data, "--json").output)
    assert [(r["counter"], r["state"]) for r in listed] == [(1, "received"), (2, "received"), (3, "refused"), (4, "sealed")]
    assert "sebab file" in call("packet", "list", "--unsent", "--data", data).output
    (data / "simpanan" / "lain.isi").write_bytes(b"x")
    checked = call("packet", "check", "--data", data)
    assert checked.exit_code == 1, checked.output
    assert "nomor 3" in checked.output and "segel ulang: packet repair" in checked.output and "1 berkas tidak dikenal" in checked.output
    mended = call("packet", "repair", packets[2].packet_id, "--data", data)
    assert (mended.exit_code, "nomor urut 5" in mended.output) == (0, True)
    assert "nomor urut 5" in call("packet", "repair", packets[2].packet_id, "--data", data).output
    assert call("packet", "repair", packets[3].packet_id, "--data", data).output.startswith(f"Berkas paket {packets[3].packet_id} utuh")
    checked = call("packet", "check", "--data", data, "--json")
    found = json.loads(checked.output)
    assert (checked.exit_code, found["counts"]["paket"], [w["advice"] for w in found["findings"]]) == (0, 5, ["nothing"])
    refused = call("packet", "repair", "0" * 36, "--data", data)
    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)


def test_both_files_gone_says_to_record_again(office):
    data, packets = office
    (data / "simpanan" / f"{packets[2].packet_id}.isi").write_bytes(b"x")
    assert "rekam ulang pemohon" in call("packet", "check", "--data", data).output
    refused = call("packet", "repair", packets[2].packet_id, "--data", data)
    assert refused.exit_code == 1 and "Pemohon perlu direkam ulang" in refused.output


def test_only_what_the_centre_signed_for_is_purged_and_only_by_an_officer(office):
    data, packets = office
    dry = json.loads(call("packet", "purge", "--dry-run", "--data", data, "--json").output)
    assert dry == {"days": 30, "due": 1, "held": [packets[1].packet_id], "more": False}
    assert "--officer" in call("packet", "purge", "--data", data).output
    wrong = call("packet", "purge", "--officer", "camat", "--data", data, input="salah\n")
    assert wrong.exit_code == 1
    not_allowed = call("packet", "purge", "--officer", "rina", "--data", data, input="praktik\n")
    assert not_allowed.exit_code == 1
    assert all((data / "packets" / p.path).exists() for p in packets)


def test_purge_with_real_keys_from_sealing_to_paper(office):
    """In process, with the quick password hash: the file, the spare and the key are gone, the paper is there, the audit is whole."""
    data, packets = office
    with open_practice_kiosk(data, "tempeh", clock=PracticeClock(PAST + timedelta(days=31)), hasher=Quick()) as kiosk:
        spare = kiosk.register.read(lambda v: v.spare(packets[0].packet_id))
        camat = sign_in.sign_in(kiosk.desk, "camat", "praktik")
        run = retention.purge(kiosk.desk, camat)
        assert (run.packets, run.first_counter) == (1, 1)
        assert not list(data.glob(f"*/{packets[0].packet_id}.*"))
        assert len(list((data / "packets").iterdir())) == len(list((data / "simpanan").iterdir())) == 3
        paper = next(f for f in (data / "documents").rglob("BA-pemusnahan-data-*.pdf"))
        assert paper.read_bytes().startswith(b"%PDF")
        assert kiosk.register.check_audit().whole
    kept = b"".join(f.read_bytes() for f in (data / "register").iterdir() if f.is_file())
    assert spare.key not in kept
    assert "dimusnahkan" in call("packet", "list", "--data", data).output
