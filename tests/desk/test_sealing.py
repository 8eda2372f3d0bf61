"""Review and seal: sign-offs bound to content, one packet per application, chain of packets, purge of raw samples."""

from __future__ import annotations

import pytest
from desk_office import PASSWORD

from ktpel_kiosk.desk import packet_files, sealing
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.errors import BadInput, DiskFull, SignInRefused, SopViolation
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.sop import Peran, Stage


def recorded(office, index=0):
    """Led to the start of ``kirim``, nothing signed yet."""
    walk = office.walk()
    walk._seal = lambda actor, p: (_ for _ in ()).throw(StopIteration)  # type: ignore[method-assign]
    p = office.begun(index)
    with pytest.raises(RuntimeError):
        _run(walk, p.id)
    p = office.read(p)
    assert p.current().stage is Stage.KIRIM
    return p


def _run(walk, permohonan_id):
    try:
        walk.advance(permohonan_id)
    except StopIteration as stop:
        raise RuntimeError from stop


def test_sealing_needs_both_sign_offs(office):
    p, operator = recorded(office), office.actor(Peran.OPERATOR)
    with pytest.raises(SopViolation):
        sealing.seal_packet(office.desk, operator, p.id)
    with pytest.raises(SopViolation):
        sealing.sign_off(office.desk, operator, p.id, PASSWORD)
    sealing.applicant_confirms(office.desk, operator, p.id)
    with pytest.raises(SignInRefused):
        sealing.sign_off(office.desk, operator, p.id, "salah")
    assert not office.vault.contents


def test_sealed_packet_is_registered_and_raw_samples_are_gone(office):
    p = office.sealed()
    packet = office.desk.register.read(lambda v: v.packet_of(p.id))
    assert packet.state is PacketState.SEALED
    assert (packet.counter, packet.previous_hash) == (1, GENESIS)
    assert not office.desk.register.read(lambda v: v.samples(p.id))
    kinds = {d.kind for d in office.desk.register.read(lambda v: v.documents(p.id))}
    assert {"kartu.portret", "kartu.tanda_tangan", "kartu.minutiae.right_index", "kartu.minutiae.left_index"} <= kinds


def test_packets_are_chained(office):
    first, second = office.sealed(0), office.sealed(1)
    a = office.desk.register.read(lambda v: v.packet_of(first.id))
    b = office.desk.register.read(lambda v: v.packet_of(second.id))
    assert (b.counter, b.previous_hash) == (2, a.sha256)


def test_sealing_twice_gives_the_same_packet(office):
    p = office.sealed()
    again = sealing.seal_packet(office.desk, office.actor(Peran.OPERATOR), p.id)
    assert again == office.desk.register.read(lambda v: v.packet_of(p.id))
    assert len(office.vault.contents) == 1


def test_full_disk_changes_nothing_and_can_be_repeated(office):
    p, operator = recorded(office), office.actor(Peran.OPERATOR)
    sealing.applicant_confirms(office.desk, operator, p.id)
    sealing.sign_off(office.desk, operator, p.id, PASSWORD)
    office.vault.trouble = DiskFull("storage.disk_full", path="x")
    with pytest.raises(DiskFull):
        sealing.seal_packet(office.desk, operator, p.id)
    assert office.read(p).current().stage is Stage.KIRIM
    assert len(office.desk.register.read(lambda v: v.samples(p.id))) == 14
    office.vault.trouble = None
    assert sealing.seal_packet(office.desk, operator, p.id).counter == 1


def test_content_carries_everything(office):
    p = office.sealed()
    content = office.vault.contents[0]
    assert content.register_number == p.nomor_register
    assert len(content.samples) == 14
    assert content.attempts["face"] == 1
    assert content.sop_digest == office.desk.sop.digest
    assert [link.event for link in content.audit][0] == "StageFinished" or content.audit


def test_file_without_row_is_removed_at_start_up(office):
    office.sealed()
    (office.vault.folder / "waisenkind.ktpelpkt").write_bytes(b"x")
    assert packet_files.clear_leftovers(office.desk) == 1
    assert len(list(office.vault.folder.iterdir())) == 1


def test_an_expired_certificate_stops_the_seal_and_costs_nobody_anything(office):
    """What the sentence promises: recording and sign-offs stay, the step stays open, and the applicant need not come again."""
    p, operator = recorded(office), office.actor(Peran.OPERATOR)
    sealing.applicant_confirms(office.desk, operator, p.id)
    sealing.sign_off(office.desk, operator, p.id, PASSWORD)
    kept = office.desk.register.read(lambda v: (list(v.approvals(p.id)), list(v.samples(p.id))))
    office.vault.trouble = BadInput("packet.station_expired", at="24-11-2026")
    with pytest.raises(BadInput) as refused:
        sealing.seal_packet(office.desk, operator, p.id)
    told = office.desk.sentences.of(refused.value)
    assert "24-11-2026" in told and "tetap tersimpan" in told and "administrator" in told
    assert office.read(p).current().stage is Stage.KIRIM
    assert office.desk.register.read(lambda v: (list(v.approvals(p.id)), list(v.samples(p.id)))) == kept and kept[1]
    assert office.desk.register.read(lambda v: v.packet_of(p.id)) is None
    office.clock.advance(5 * 86400)
    office.vault.trouble = None
    assert sealing.seal_packet(office.desk, operator, p.id).state is PacketState.SEALED


def test_a_packet_sealed_after_a_clock_jump_says_so_and_so_does_the_audit(office, monkeypatch):
    def events(p):
        return [x.event for x in office.desk.register.read(lambda v: v.audit(limit=1000)) if x.subject == p.id]

    assert "ClockJumpSeen" not in events(office.sealed())
    monkeypatch.setattr(office.clock, "jumped", lambda: True)
    assert "ClockJumpSeen" in events(office.sealed(1))
