"""What leaves the kiosk is read by decoders of other makers, record by record (docs/exports.md lists who reads what).

A real applicant and real slaps go through ``demo --source`` into sealed packets, opened by OpenSSL alone. FIR 020 and FAC 010 are read by
iso19794 and the JPEG 2000 by an older Pillow, both in an environment of their own; FAC 030 and IIR 020, which no package reads, by a
second reading of the standard in the test tree; CBEFF by xmlschema; AN2K by nistitl. WSQ has one free codec (NBIS), so its pixels are
compared with the other build's, and elsewhere with an independent Java decoder's (test_bio_codecs).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xmlschema

sys.path.append(str(Path(__file__).parents[1] / "biometrics"))
import bio_an2k
import bio_iso
from bio_samples import NOW, sample, stored
from PIL import Image

from ktpel_kiosk.app.demo import DemoOptions, run_demo
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.app.source import load_source
from ktpel_kiosk.biometrics import an2k_write, cbeff, codecs, images
from ktpel_kiosk.biometrics.encode import encode_sample
from ktpel_kiosk.biometrics.records import fac2005
from ktpel_kiosk.biometrics.service import BiometricService
from ktpel_kiosk.domain.biodata import make_penduduk
from ktpel_kiosk.domain.biometric import EYES, FINGERS, RIGHT_FOUR, THUMBS, Position, RawImage
from ktpel_kiosk.domain.transaction import Transaction
from ktpel_kiosk.ports.devices import FingerCapture

ROOT = Path(__file__).parents[2]
PEERS = Path(os.environ.get("KTPEL_PEERS", ROOT / ".venv-peers")) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
MOCK = "mosip-mock-services/MockMDS/Profile/Default/Registration"
NBIS = "nbis-5.0.0/misc/an2kconvert/testdata/"
SCHEMAS = "mosip-bio-utils/kernel-cbeffutil-api/src/main/resources/schema/"
EXPECTED_NFIQ2 = {"SFinGe_Test01": 54, "SFinGe_Test02": 45, "SFinGe_Test03": 53, "SFinGe_Test04": 52, "SFinGe_Test05": 57}
"""NIST's own output files beside the images say the same; the test reads them too."""


@dataclass(frozen=True)
class Opened:
    """A packet as OpenSSL and a ZIP reader give it; ``records`` the biometric blocks by position."""

    entries: dict[str, bytes]
    records: dict[Position, bytes]
    out: Path

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads(self.entries["manifest.json"])

    @property
    def audit(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.entries["audit.jsonl"].splitlines()]


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", "cms", "-binary", "-inform", "DER", *map(str, arguments)], check=True, capture_output=True)


def open_by_openssl(demo: Path, folder: Path) -> Opened:
    keys, (packet,) = demo / "keys", (demo / "packets").glob("*.ktpelpkt")
    signed, archive = folder / "s.p7s", folder / "p.zip"
    openssl("-decrypt", "-in", packet, "-inkey", keys / "central.key.pem", "-recip", keys / "central.cert.pem", "-out", signed)
    station = keys / "station.cert.pem"
    openssl("-verify", "-in", signed, "-CAfile", station, "-certfile", station, "-purpose", "any", "-out", archive)
    with zipfile.ZipFile(archive) as z:
        entries = {name: z.read(name) for name in z.namelist()}
    return Opened(entries, {b.position: b.bdb for b in cbeff.parse(entries["biometrics.xml"]) if b.bdb}, folder)


def played(source: Path, folder: Path) -> Opened:
    summary = run_demo(DemoOptions("tempeh", 1, folder / "d", source=source))
    assert summary["all_as_sop_says"], summary["failures"]
    return open_by_openssl(folder / "d", folder)


@pytest.fixture(scope="module")
def applicant(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The complete mock applicant of the samples in a sealed packet."""
    return played(sample(MOCK), tmp_path_factory.mktemp("applicant"))


@pytest.fixture(scope="module")
def slaps(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Live 4-4-2 slaps and a portrait, both AN2K, in a sealed packet."""
    source = tmp_path_factory.mktemp("source")
    for name in ("valid1.8.an2", "face_jpb_DOM_GMT_DCS.an2"):
        (source / name).symlink_to(sample(NBIS + name))
    return played(source, tmp_path_factory.mktemp("slaps"))


def by_peers(files: dict[str, bytes], folder: Path) -> dict[str, dict[str, Any]]:
    """What the other makers' decoders say of each file."""
    if not PEERS.exists():
        pytest.skip(f"no decoders of other makers at {PEERS}: this Python has no wheels for Pillow 10.0, or run make setup")
    paths = {}
    for name, data in files.items():
        paths[name] = folder / name
        paths[name].write_bytes(data)
    done = subprocess.run([PEERS, Path(__file__).with_name("peer_decode.py"), *paths.values()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    assert said["pillow"].startswith("10.0")
    return {name: said[str(path)] for name, path in paths.items()}


def assert_pixels(said: dict[str, Any], ours: RawImage) -> None:
    assert tuple(said["size"]) == (ours.width, ours.height)
    assert said["pixels"] == hashlib.sha256(ours.data).hexdigest()


def check_fingers(packet: Opened) -> None:
    files = {f"{p.value}.fir": data for p, data in packet.records.items() if p in FINGERS}
    quality = {s["position"]: s["quality"] for s in packet.manifest["samples"]}
    for name, said in by_peers(files, packet.out).items():
        position = name.removesuffix(".fir")
        header = said["header"]
        assert said["format"] == "FIR"
        assert header["position"].lower().removesuffix("_finger") == position
        assert (header["image_compression_algo"], header["impression_type"], header["scale_units"]) == ("WSQ", "LIVESCAN_PLAIN", "PPI")
        assert {header[f"{a}_{b}_sampling_rate"] for a in ("horizontal", "vertical") for b in ("scan", "image")} == {500}
        assert header["quality_records"] == [
            {"score": quality[position]["score"], "algo_vendor_id": "0101", "algo_id": "0039"}] or quality[position]["score"] == 255
        wsq = files[name][files[name].index(b"\xff\xa0") :]
        assert_pixels(said, codecs.decode_wsq(wsq))


def check_face_and_irises(packet: Opened) -> None:
    face = bio_iso.read_fac(packet.records[Position.FACE])
    assert (face["size"], face["coding"], face["colour"]) == ((600, 800), 1, 1)
    assert face["image_type"] in (0, 1)  # basic where the measures say that it is no full frontal
    if face["landmarks"]:
        right, left = face["landmarks"]
        assert (right[1], left[1]) == (0xC2, 0xC1)
        assert right[2] < left[2]
    again = fac2005.encode(fac2005.FaceRecord((fac2005.FaceImage(*face["size"], 1, face["image"]),)))
    files = {"face.jp2": face["image"], "face.fac": again}
    eyes = {p: bio_iso.read_iir(packet.records[p]) for p in EYES}
    for position, eye in eyes.items():
        assert (eye["label"], eye["coding"], eye["depth"]) == (EYES.index(position) + 1, 0x0A, 8)
        files[f"{position.value}.jp2"] = eye["image"]
    said = by_peers(files, packet.out)
    assert (said["face.fac"]["format"], said["face.fac"]["header"]["face_image_type"]) == ("FAC", "FULL_FRONTAL")
    assert said["face.fac"]["pixels"] == said["face.jp2"]["pixels"]
    for name, data in files.items():
        if name.endswith(".jp2"):
            assert_pixels(said[name], codecs.decode_jp2(data))
    for position, eye in eyes.items():
        assert tuple(said[f"{position.value}.jp2"]["size"]) == eye["size"]


def check_document(packet: Opened) -> None:
    text = packet.entries["biometrics.xml"].decode()
    for schema in ("updatedcbeff.xsd", "mosip-cbeff.xsd"):
        xmlschema.XMLSchema(str(sample(SCHEMAS + schema)), defuse="always", allow="local").validate(text)
    manifest = packet.manifest
    birs = cbeff.parse(packet.entries["biometrics.xml"])
    taken = [s["position"] for s in manifest["samples"] if s["position"] != "signature"]
    assert {b.position.value for b in birs if b.bdb} == set(taken)
    assert {b.position.value for b in birs if not b.bdb} == {e["position"] for e in manifest["exceptions"]}
    assert {*taken, *(e["position"] for e in manifest["exceptions"])} == {p.value for p in (Position.FACE, *FINGERS, *EYES)}


@pytest.mark.slow
def test_complete_applicant_is_read_by_other_makers(applicant: Opened) -> None:
    check_document(applicant)
    assert set(applicant.records) == {Position.FACE, *FINGERS, *EYES}
    simulated = {s["position"]: s["device"]["simulated"] for s in applicant.manifest["samples"]}
    assert not any(v for p, v in simulated.items() if p != "signature")
    check_face_and_irises(applicant)
    check_fingers(applicant)


@pytest.mark.gate
def test_live_slaps_are_read_by_other_makers_and_the_finger_given_twice_is_caught(slaps: Opened) -> None:
    """The thumbs' slap of this file shows the right index once more where the left thumb should lie."""
    check_document(slaps)
    check_fingers(slaps)
    check_face_and_irises(slaps)
    refused = [a["facts"] for a in slaps.audit if a["event"] == "CaptureRefused"]
    assert [(r["position"], r["found"], r["reason"]) for r in refused] == [("left_thumb", "right_index", "finger.same_as")] * 3
    (exception,) = slaps.manifest["exceptions"]
    assert exception["position"] == "left_thumb"
    assert exception["approved_by"] not in ("", exception["recorded_by"])


def test_the_finger_given_twice_is_caught_at_the_desk_in_words() -> None:
    """The quick half of the test above: the same pictures through segmentation and comparison."""
    service = BiometricService()
    if service.fingers.engine.failure():
        pytest.skip("nbis-py is not usable here")
    found = load_source(sample(NBIS + "valid1.8.an2"))
    accepted, new = ([(a.position, a.data) for a in service.assess_fingers(FingerCapture(found.slaps[frozenset(asked)]), asked)]
                     for asked in (RIGHT_FOUR, THUMBS))
    assert not service.finger_conflicts(accepted, [])
    (conflict,) = service.finger_conflicts(new, accepted)
    assert (conflict.position, conflict.found) == (Position.LEFT_THUMB, Position.RIGHT_INDEX)
    said = load_sentences().text("finger.same_as", position="jempol kiri", found="telunjuk kanan")
    assert "jempol kiri adalah jari yang sudah direkam sebagai telunjuk kanan" in said


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """NIST's five example fingers as a source folder: scores as the desk computes them, samples as the register would keep them."""
    service = BiometricService()
    if service.fingers.engine.failure():
        pytest.skip("nbis-py is not usable here")
    folder = tmp_path_factory.mktemp("sfinge")
    for position, name in zip(FINGERS, EXPECTED_NFIQ2, strict=False):
        with Image.open(sample(f"NFIQ2/examples/images/{name}.pgm")) as picture:
            (folder / f"{position.value}.png").write_bytes(images.encode_png(images.from_array(np.asarray(picture), 500)))
    single = load_source(folder).images
    assessed = [service.assess_fingers(FingerCapture(None, ((p, single[p]),)), (p,))[0] for p in FINGERS[:5]]
    samples = tuple(stored(a.position, a.data, a.quality, ppi=500) for a in assessed)
    return {"samples": samples, "out": tmp_path_factory.mktemp("known")}


@pytest.mark.slow
def test_quality_in_the_record_is_what_nist_expects(known: dict[str, Any]) -> None:
    files = {f"{s.position.value}.fir": encode_sample(s).record for s in known["samples"]}
    said = by_peers(files, known["out"])
    for (name, expected), position in zip(EXPECTED_NFIQ2.items(), FINGERS, strict=False):
        text = sample(f"NFIQ2/examples/output/{name}_output.txt").read_text()
        assert str(expected) in text
        assert said[f"{position.value}.fir"]["header"]["quality_records"] == [
            {"score": expected, "algo_vendor_id": "0101", "algo_id": "0039"}]
        assert said[f"{position.value}.fir"]["size"] == [416, 560]


@pytest.mark.slow
def test_transaction_is_read_by_nistitl_and_carries_the_images_read_above(known: dict[str, Any]) -> None:
    import nistitl

    person = make_penduduk(
        nik="3508051002900003", nama="BUDI CONTOH", tempat_lahir="LUMAJANG", tanggal_lahir=date(1990, 2, 10), jenis_kelamin="L",
        golongan_darah=13, alamat="DUSUN KRAJAN", rt="001", rw="002", desa="TEMPEH LOR", kecamatan="TEMPEH",
        kabupaten="KABUPATEN LUMAJANG", provinsi="JAWA TIMUR", agama=1, status_perkawinan=1, pekerjaan=9)
    data = an2k_write.build(Transaction("1", "1/KTP", "35.08.05", "desk-1", NOW, date(2026, 11, 21), person, known["samples"], ()))
    message = nistitl.Message()
    message.parse(data)
    fingers = [r for r in message if r.type == 14]
    assert [(r.FGP, r.FQM[0][1]) for r in fingers] == [(str(i), str(q)) for i, q in enumerate(EXPECTED_NFIQ2.values(), 1)]
    path = known["out"] / "orang.an2"
    path.write_bytes(data)
    assert [f[3] for f in bio_an2k.finger_images(path)] == [r.DATA for r in fingers]
    for record, taken in zip(fingers, known["samples"], strict=True):
        assert encode_sample(taken).record.endswith(record.DATA)
