"""A sealed packet is durable, opens with the central key only, and names the first thing that is wrong."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from packet_values import AT

from ktpel_kiosk.domain.errors import BadInput, DiskFull, IoFailure, SecurityRefusal
from ktpel_kiosk.domain.packet import PacketDocument
from ktpel_kiosk.packet import cms
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.container import write_container
from ktpel_kiosk.packet.keys import load_certificate, load_rsa_key, load_signing_key, make_demo_keys
from ktpel_kiosk.packet.open import inspect_packet, open_packet
from ktpel_kiosk.packet.seal import PACKET_LIMIT_BYTES, PacketSealer

# the two commands of docs/packet.md; P packet, K and C central key and certificate, S station certificate
DECRYPT = "openssl cms -decrypt -binary -inform DER -in P -inkey K -recip C -out s.p7s"
VERIFY = "openssl cms -verify -binary -inform DER -in s.p7s -CAfile S -certfile S -purpose any -out packet.zip"


def _open(path, keys, out, **options):
    return open_packet(path, keys.central_key.read_bytes(), keys.central_cert.read_bytes(), out, **options)


def _forge(keys, entries, folder, station="station") -> Path:
    """A packet signed by a real station over entries of our choice."""
    key = load_signing_key((keys.folder / f"{station}.key").read_bytes())
    certificate = load_certificate((keys.folder / f"{station}.crt").read_bytes())
    signed = cms.sign(write_container(entries), key, certificate, AT)
    path = folder / "forged.ktpelpkt"
    path.write_bytes(cms.encrypt(signed, [load_certificate(keys.central_cert.read_bytes())]))
    return path


def test_round_trip(sealer, content, demo_keys, tmp_path):
    sealed = sealer.seal(content)
    path = tmp_path / "packets" / sealed.path
    assert (sealed.path, sealed.size) == (f"{content.packet_id}.ktpelpkt", path.stat().st_size)
    assert sealed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sealer.exists(sealed.path, sealed.sha256) and not sealer.exists(sealed.path, "0" * 64)
    opened = _open(path, demo_keys, tmp_path / "out", station_cert=demo_keys.station_cert.read_bytes())
    assert opened.entries == sealed.entries == ("manifest.json", "biodata.json", "biometrics.xml", "documents/01-kk.pdf", "audit.jsonl")
    assert (opened.packet_id, opened.station, opened.counter, opened.signer_known) == (content.packet_id, "desk-1", 1, True)
    biodata = json.loads((tmp_path / "out" / "biodata.json").read_text("utf-8"))
    assert biodata["agama"] == {"code": 1, "text": "ISLAM"}
    assert opened.manifest["created_at"] == "2026-03-02T01:00:07.250Z"


def test_container_bytes_depend_on_content_only(content):
    assert write_container(build_entries(content)) == write_container(build_entries(content))


@pytest.mark.parametrize("recipient", ["central", "central-next"])
def test_openssl_alone_decrypts_and_verifies(sealer, content, demo_keys, tmp_path, recipient):
    sealed = sealer.seal(content)
    files = {"P": tmp_path / "packets" / sealed.path, "K": demo_keys.folder / f"{recipient}.key",
             "C": demo_keys.folder / f"{recipient}.crt", "S": demo_keys.station_cert}
    documented = (Path(__file__).parents[2] / "docs" / "packet.md").read_text("utf-8")
    for command in (DECRYPT, VERIFY):
        assert command in documented
        arguments = [str(files.get(word, word)) for word in command.split()]
        done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "packet.zip").read_bytes() == write_container(build_entries(content))


@pytest.mark.gate
def test_rsa_station_key_also_works_with_openssl(content, demo_keys, tmp_path):
    from cryptography.hazmat.primitives.asymmetric import rsa

    from ktpel_kiosk.packet.keys import _save, _self_signed
    _save(tmp_path / "r.key", tmp_path / "r.crt", *_self_signed("Stasiun RSA", rsa.generate_private_key(65537, 3072), AT))
    sealer = PacketSealer(tmp_path / "p", load_signing_key((tmp_path / "r.key").read_bytes()),
                          load_certificate((tmp_path / "r.crt").read_bytes()), [load_certificate(demo_keys.central_cert.read_bytes())])
    path = tmp_path / "p" / sealer.seal(content).path
    assert _open(path, demo_keys, tmp_path / "out", station_cert=(tmp_path / "r.crt").read_bytes()).signer_known
    files = {"P": path, "K": demo_keys.central_key, "C": demo_keys.central_cert, "S": tmp_path / "r.crt"}
    for command in (DECRYPT, VERIFY):
        subprocess.run([str(files.get(w, w)) for w in command.split()], cwd=tmp_path, capture_output=True, timeout=30, check=True)


def test_inspect_needs_no_key_and_tells_nothing_personal(sealer, content, tmp_path):
    sealed = sealer.seal(content)
    seen = inspect_packet(tmp_path / "packets" / sealed.path)
    assert (seen["sha256"], seen["size"], seen["content_encryption"]) == (sealed.sha256, sealed.size, "aes256_gcm")
    assert len(seen["recipients"]) == 2
    raw = (tmp_path / "packets" / sealed.path).read_bytes()
    for secret in (content.penduduk.nik, content.penduduk.nama, content.register_number, "manifest.json", "op1"):
        assert secret not in json.dumps(seen)
        assert secret.encode() not in raw


@pytest.mark.parametrize("entry", ["biodata.json", "biometrics.xml", "documents/01-kk.pdf", "audit.jsonl"])
def test_a_wrong_entry_is_named_and_nothing_is_written(content, demo_keys, tmp_path, entry):
    entries = [(n, d + b" " if n == entry else d) for n, d in build_entries(content)]
    with pytest.raises(SecurityRefusal) as refused:
        _open(_forge(demo_keys, entries, tmp_path), demo_keys, tmp_path / "out")
    assert refused.value.facts["entry"] == entry
    assert sorted(p.name for p in tmp_path.iterdir()) == ["forged.ktpelpkt"]


def test_an_edited_audit_link_is_found_by_line(changed, content, demo_keys, tmp_path):
    links = list(content.audit)
    links[1] = replace(links[1], actor="op2")
    entries = build_entries(changed(audit=tuple(links)))
    with pytest.raises(SecurityRefusal) as refused:
        _open(_forge(demo_keys, entries, tmp_path), demo_keys, tmp_path / "out")
    assert (refused.value.facts["entry"], refused.value.facts["line"]) == ("audit.jsonl", 2)


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{}", b'{"format":"x"}', b'{"format":"ktpel-packet","version":2,"entries":[]}',
                                      b"[" * 100_000])
def test_rubbish_manifests_are_one_clear_error(content, demo_keys, tmp_path, manifest):
    entries = [("manifest.json", manifest), *build_entries(content)[1:]]
    with pytest.raises(SecurityRefusal) as refused:
        _open(_forge(demo_keys, entries, tmp_path), demo_keys, tmp_path / "out")
    assert refused.value.facts["entry"] == "manifest.json"


def test_wrong_keys_are_told_apart(sealer, content, demo_keys, tmp_path):
    path = tmp_path / "packets" / sealer.seal(content).path
    other = make_demo_keys(tmp_path / "other", content.created_at, "x")
    with pytest.raises(BadInput, match="not_recipient"):
        _open(path, other, tmp_path / "out")
    with pytest.raises(BadInput, match="key_pair"):
        open_packet(path, other.central_key.read_bytes(), demo_keys.central_cert.read_bytes(), tmp_path / "out")
    with pytest.raises(BadInput, match=r"packet\.key "):
        open_packet(path, b"nonsense", demo_keys.central_cert.read_bytes(), tmp_path / "out")
    with pytest.raises(SecurityRefusal, match="signer"):
        _open(path, demo_keys, tmp_path / "out", station_cert=other.station_cert.read_bytes())
    assert not (tmp_path / "out").exists()


def test_a_folder_with_files_is_never_written_over(sealer, content, demo_keys, tmp_path):
    path = tmp_path / "packets" / sealer.seal(content).path
    out = tmp_path / "out"
    out.mkdir()
    assert _open(path, demo_keys, out).folder == out
    with pytest.raises(BadInput, match="out_not_empty"):
        _open(path, demo_keys, out)


@pytest.mark.parametrize("untrusted", [b"", b"0", b"\x30\x80", b"\x30\x03\x02\x01\x01", b"PK\x03\x04" + b"\0" * 100, b"\x30" * 5000])
def test_other_files_are_refused_as_such(demo_keys, tmp_path, untrusted):
    path = tmp_path / "x.ktpelpkt"
    path.write_bytes(untrusted)
    for act in (lambda: inspect_packet(path), lambda: _open(path, demo_keys, tmp_path / "out")):
        with pytest.raises(SecurityRefusal):
            act()


def test_the_size_limit_itself_is_allowed(sealer, content, monkeypatch):
    size = [PACKET_LIMIT_BYTES]
    monkeypatch.setattr(cms, "seal", lambda *_: b"0" * size[0])
    assert sealer.seal(content).size == 5 * 1024 * 1024
    size[0] += 1
    with pytest.raises(BadInput) as refused:
        sealer.seal(content)
    assert (refused.value.message_key, refused.value.facts["limit"]) == ("packet.too_large", 5 * 1024 * 1024)


def test_disk_full_is_told_and_leaves_nothing(sealer, content, tmp_path, monkeypatch):
    def full(fd):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFull):
            sealer.seal(content)
    assert list((tmp_path / "packets").iterdir()) == []
    assert sealer.seal(content).size > 0


def test_the_file_is_synced_before_it_gets_its_name(sealer, content, monkeypatch):
    steps: list[str] = []
    real_sync, real_replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (steps.append("dir" if os.path.isdir(f"/proc/self/fd/{fd}") else "file"), real_sync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (steps.append("rename"), real_replace(a, b)))
    sealer.seal(content)
    assert steps == ["file", "rename", "dir"] * 2, "the packet, then its spare contents"


def test_leftovers_are_ours_and_unknown_only(sealer, content, tmp_path):
    sealed = sealer.seal(content)
    known = frozenset({sealed.path, sealed.spare.path})
    for folder, names in (("packets", ("b.ktpelpkt", ".c.ktpelpkt.123.tmp", "README.txt", "notes.tmp", "d.isi")),
                          ("simpanan", ("b.isi", ".c.isi.123.tmp", "README.txt", "e.ktpelpkt"))):
        for name in names:
            (tmp_path / folder / name).write_bytes(b"x")
    found = sorted(sealer.leftovers(known))
    assert found == [".c.isi.123.tmp", ".c.ktpelpkt.123.tmp", "b.isi", "b.ktpelpkt"]
    sealer.remove(*found)
    sealer.remove("b.ktpelpkt", "b.isi")
    assert list(sealer.leftovers(known)) == []
    assert sealer.read(sealed.path) and sealer.spare_opens(sealed.spare)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "..", ""])
def test_paths_stay_in_the_folder(sealer, name):
    for act in (sealer.read, sealer.remove, lambda n: sealer.exists(n, "0")):
        with pytest.raises(BadInput):
            act(name)


def test_reading_a_file_that_is_gone(sealer):
    with pytest.raises(IoFailure):
        sealer.read("gone.ktpelpkt")


def test_recipients_must_be_rsa_3072(content, demo_keys, tmp_path):
    station = load_certificate(demo_keys.station_cert.read_bytes())
    key = load_signing_key(demo_keys.station_key.read_bytes())
    for recipients in ([], [station]):
        with pytest.raises(BadInput, match="recipient"):
            PacketSealer(tmp_path / "p", key, station, recipients)
    with pytest.raises(BadInput, match="key_pair"):
        PacketSealer(tmp_path / "p", key, load_certificate(demo_keys.central_cert.read_bytes()), [station])


def test_key_files_are_private_and_made_once(demo_keys, content):
    assert demo_keys.station_key.stat().st_mode & 0o077 == 0
    before = demo_keys.central_key.read_bytes()
    assert make_demo_keys(demo_keys.folder, content.created_at, "desk-1").central_key.read_bytes() == before
    assert load_rsa_key(before).key_size == 3072


def test_documents_become_pdf_and_stay_under_their_limit(changed, tmp_path):
    import io

    from PIL import Image
    from pypdf import PdfReader

    scan = Image.effect_noise((600, 800), 40)
    jpeg, png = io.BytesIO(), io.BytesIO()
    scan.save(jpeg, "JPEG")
    scan.convert("RGB").save(png, "PNG")
    entries = dict(build_entries(changed(documents=(
        PacketDocument("berkas.f102", "image/jpeg", jpeg.getvalue()), PacketDocument("berkas.Surat/../Kuasa", "image/png", png.getvalue()),
    ))))
    first, second = entries["documents/01-f102.pdf"], entries["documents/02-surat-kuasa.pdf"]
    assert jpeg.getvalue() in first
    for pdf in (first, second):
        page = PdfReader(io.BytesIO(pdf)).pages[0]
        assert page.images[0].image.size == (600, 800)
    with pytest.raises(BadInput, match="document_too_large"):
        build_entries(changed(documents=(PacketDocument("kk", "application/pdf", b"%PDF-" + b"0" * 2 * 1024 * 1024),)))
    for data in (b"MZ\x90", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00\x01", b""):
        with pytest.raises(BadInput):
            build_entries(changed(documents=(PacketDocument("kk", "image/jpeg", data),)))
