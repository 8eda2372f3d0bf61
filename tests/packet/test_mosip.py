"""The MOSIP encoding, read back by a reader that was written from the digest alone."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import golden_sessions
import mosip_reader
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ktpel_kiosk.biometrics import cbeff
from ktpel_kiosk.domain.biometric import FINGERS, LEFT_FOUR, RIGHT_FOUR, Modality, Position
from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal
from ktpel_kiosk.packet import birs, build, mosip
from ktpel_kiosk.packet.keys import load_certificate
from ktpel_kiosk.packet.mosip_evidence import proofs
from ktpel_kiosk.packet.mosip_profile import load_profile

ROOT = Path(__file__).parents[2]
PROFILE = load_profile(ROOT / "resources" / "mosip")
XSD = Path("/work/shared/samples/mosip-bio-utils/kernel-cbeffutil-api/src/main/resources/schema/mosip-cbeff.xsd")


@dataclass(frozen=True)
class Ends:
    """Keys of both ends: the platform's packet key, this machine's, a device's."""

    platform: Any
    certificate: Any
    machine: Any
    device: Any
    device_certificate: Any

    @property
    def desk(self) -> mosip.MosipDesk:
        return mosip.MosipDesk("10001", "10077", self.certificate, self.machine)

    def read(self, made: mosip.MosipPacket, data: bytes | None = None) -> mosip_reader.Registration:
        return mosip_reader.read(Path(made.path).name, made.data if data is None else data, self.platform, self.certificate,
                                 self.machine.public_key())


def _self_signed(key: Any, bits: int = 2048) -> Any:
    from ktpel_kiosk.packet.keys import _self_signed as make

    return make("Uji", key, golden_sessions.AT)[1]


@pytest.fixture(scope="session")
def ends() -> Ends:
    platform, machine, device = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    return Ends(platform, _self_signed(platform), machine, device, _self_signed(device))


@pytest.fixture(scope="module", autouse=True)
def stubbed():
    stub = golden_sessions.stub_encoders()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(birs, "encode_sample", stub.encode_sample)
        patch.setattr(build, "signature_png", stub.signature_png)
        patch.setattr(build, "signature_isf", stub.signature_isf)
        yield


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def device_record(position: Position) -> bytes:
    """Not the record the kiosk would write: what the device itself delivered."""
    return golden_sessions.record_of(position) + b" as the device had it"


def capture_answer(ends: Ends, positions: tuple[Position, ...], *, spaced: bool = False, padded: bool = False) -> bytes:
    """A capture answer as a device service writes it; the payload's JSON has the device's own spacing and order."""
    header = b64(json.dumps({"alg": "RS256", "typ": "JWT", "x5c": [base64.b64encode(
        ends.device_certificate.public_bytes(Encoding.DER)).decode()]}).encode())
    elements = []
    for position in positions:
        value = b64(device_record(position)) + ("=" if padded else "")
        told = {"transactionId": "t-1", "bioValue": value, "bioType": cbeff.TYPE_NAME[position.modality],
                "bioSubType": cbeff.subtype(position), "note": "<&'\"> é\u2028", "qualityScore": "80"}
        text = json.dumps(told, ensure_ascii=False, indent=2 if spaced else None).replace("\n", "\r\n")
        signed = f"{header}.{b64(text.encode())}"
        signature = ends.device.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        elements.append({"specVersion": "0.9.5", "data": f"{signed}.{b64(signature)}", "hash": "00"})
    return json.dumps({"biometrics": elements}).encode()


def signed_session(ends: Ends) -> Any:
    """The right hand and the face come from signing devices, the left hand from one that signs in a way nobody can put together again."""
    right, face = capture_answer(ends, RIGHT_FOUR, spaced=True), capture_answer(ends, (Position.FACE,))
    odd = capture_answer(ends, LEFT_FOUR, padded=True)
    answers = {**dict.fromkeys(RIGHT_FOUR, right), Position.FACE: face, **dict.fromkeys(LEFT_FOUR, odd)}
    content = golden_sessions.full()
    return replace(content, samples=tuple(replace(s, device_payload=answers.get(s.position, b"")) for s in content.samples))


def entries_of(content: Any) -> dict[str, bytes]:
    return dict(build.build_entries(content))


@pytest.fixture(scope="module")
def made(ends):
    return mosip.export(entries_of(golden_sessions.full()), PROFILE, ends.desk)


@pytest.mark.parametrize("name", list(golden_sessions.SESSIONS))
def test_every_session_reads_back(ends, name):
    content = golden_sessions.SESSIONS[name]()
    entries = entries_of(content)
    found = ends.read(mosip.export(entries, PROFILE, ends.desk))
    check_identity(found, content)
    check_biometrics(found, content)
    check_papers(found, entries)
    rows = json.loads(found.files["id"]["audit.json"])
    assert "".join(r["description"] + "\n" for r in rows).encode() == entries["audit.jsonl"]


def check_identity(found: mosip_reader.Registration, content: Any) -> None:
    p, identity = content.penduduk, found.identity
    words = {"fullName": p.nama, "placeOfBirth": p.tempat_lahir, "addressLine1": p.alamat, "village": p.desa, "district": p.kecamatan,
             "regency": p.kabupaten, "province": p.provinsi, "gender": "LAKI-LAKI", "religion": "ISLAM", "bloodType": "TIDAK TAHU"}
    for name, value in words.items():
        assert identity[name] == [{"language": "ind", "value": value}], name
    plain = {"nationalId": p.nik, "dateOfBirth": "1990/02/10", "neighbourhoodRT": "001", "neighbourhoodRW": "002", "religionCode": "1",
             "occupationCode": "9", "maritalStatusCode": "1", "bloodTypeCode": "13", "citizenship": "WNI", "validUntil": "SEUMUR HIDUP",
             "registerNumber": content.register_number, "officeCode": content.office_code, "service": content.process,
             "sourcePacketId": content.packet_id}
    for name, value in plain.items():
        assert identity[name] == value, name
    assert identity.get("replacesPacketId", "") == content.replaces
    assert "postalCode" not in identity


def check_biometrics(found: mosip_reader.Registration, content: Any) -> None:
    """Every record byte for byte, every excused position, how often it was tried."""
    by = {mosip_reader.attribute(b): b for b in found.biometrics}
    samples = [s for s in content.samples if s.position.modality is not Modality.SIGNATURE]
    excused = [e for e in content.exceptions if e.position.modality is not Modality.SIGNATURE]
    assert len(by) == len(found.biometrics) == len(samples) + len(excused)
    for s in samples:
        b = by[name_of(s.position)]
        assert b.record == (device_record(s.position) if b.device_signed else golden_sessions.record_of(s.position))
        assert (b.index, b.score) == (s.id, s.quality.score)
        assert int(b.others["RETRIES"]) == content.attempts.get(s.position.value, s.attempt)
        assert b.others["FORCE_CAPTURED"] == str(s.forced).lower()
    for e in excused:
        assert by[name_of(e.position)].record is None
    told = found.meta["exceptionBiometrics"].get("applicant", {})
    assert {k: v["reason"] for k, v in told.items()} == {name_of(e.position): e.reason for e in content.exceptions}
    supervisor = next(o["value"] for o in found.meta["operationsData"] if o["label"] == "supervisorId")
    assert supervisor == (content.exceptions[0].approved_by if content.exceptions else None)


def check_papers(found: mosip_reader.Registration, entries: dict[str, bytes]) -> None:
    documents = [d for n, d in entries.items() if n.startswith("documents/")]
    assert [d for n, d in found.files["evidence"].items() if n.endswith(".pdf")] == documents
    optional = found.files["optional"]
    for name, file in (("signature.png", "applicantSignature.png"), ("signature.isf", "applicantSignatureSeries.isf"),
                       ("manifest.json", "sourceManifest.json")):
        assert optional.get(file) == entries.get(name)


def name_of(position: Position) -> str:
    first, *rest = position.value.split("_")
    return first + "".join(w.capitalize() for w in rest)


def test_names(ends, made):
    assert made.registration_id == "10001" "10077" "00001" "20260302010007"
    assert made.packet_id == f"{made.registration_id}-10001_10077-20260302010007"
    assert made.path == f"PACKET_MANAGER_ACCOUNT/{made.packet_id}.zip"
    assert made.announcement["packetHashValue"] == hashlib.sha256(made.data).hexdigest().upper()
    assert (made.announcement["packetSize"], made.announcement["registrationType"]) == (len(made.data), "NEW")
    assert not any(made.announcement[k] for k in ("name", "phone", "email"))


def test_device_evidence_verifies_at_the_other_end(ends):
    content = signed_session(ends)
    entries = entries_of(content)
    found = ends.read(mosip.export(entries, PROFILE, ends.desk))
    check_biometrics(found, content)
    signed = {mosip_reader.attribute(b) for b in found.biometrics if b.device_signed}
    assert signed == {name_of(p) for p in (*RIGHT_FOUR, Position.FACE)}
    for b in found.biometrics:
        assert b.others.get("SPEC_VERSION") == ("0.9.5" if b.device_signed else None)
    # what cannot be proven by a BIR travels whole
    assert found.files["optional"]["deviceEvidence1.bin"] == entries["evidence/left_index.bin"]
    assert "deviceEvidence2.bin" not in found.files["optional"]


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b"[" * 99_999, b'{"biometrics":[{"data":"a.b.c"},{"data":7},3]}', b"\xff\x00",
                                    b'{"biometrics":[{"data":"e30.e30."}]}', b'{"biometrics":[{"data":"e30.bnVsbA.e30"}]}'])
def test_evidence_of_another_kind_proves_nothing(answer):
    assert proofs(answer) == {}


def test_the_cbeff_is_valid_after_the_schema_of_the_platform(ends):
    if not XSD.exists():
        pytest.skip("mosip-cbeff.xsd is not on this machine")
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(str(XSD)))
    for content in (signed_session(ends), golden_sessions.with_exceptions()):
        found = ends.read(mosip.export(entries_of(content), PROFILE, ends.desk))
        xml = etree.fromstring(found.files["id"]["individualBiometrics_bio_CBEFF.xml"])
        assert schema.validate(xml), schema.error_log


def test_the_identity_fits_the_schema(made, ends):
    """Each field stands in the schema, has its type, and lies in the sub-packet its category says."""
    properties = json.loads((ROOT / "resources/mosip/id-schema.json").read_bytes())["properties"]["identity"]["properties"]
    kinds = {"#/definitions/simpleType": list, "#/definitions/documentType": dict, "#/definitions/biometricsType": dict}
    homes = {"pvt": "id", "kyc": "id", "evidence": "evidence", "optional": "optional"}
    found = ends.read(made)
    for part, files in found.files.items():
        for name, value in json.loads(files["ID.json"])["identity"].items():
            told = properties[name]
            assert isinstance(value, kinds.get(told.get("$ref", ""), float if told.get("type") == "number" else str)), name
            assert name == "IDSchemaVersion" or homes[told["fieldCategory"]] == part, name


def test_only_keys_nonces_and_padding_are_random(ends):
    entries = entries_of(golden_sessions.full())
    once, twice = (mosip.export(entries, PROFILE, ends.desk) for _ in range(2))
    assert once.data != twice.data and len(once.data) == len(twice.data)
    assert ends.read(once).files == ends.read(twice).files
    nonces = {d[:12] for d in (once.data, twice.data)}
    assert len(nonces) == 2


@pytest.mark.parametrize(("service", "process"), [
    ("baru_wni", "NEW"), ("pemula", "NEW"), ("hilang", "LOST"), ("rusak", "UPDATE"), ("perubahan_data", "UPDATE"),
])
def test_services_become_processes(ends, service, process):
    found = ends.read(mosip.export(entries_of(replace(golden_sessions.plain(), process=service)), PROFILE, ends.desk))
    assert found.process == process


def test_every_service_of_the_desk_has_a_process():
    from ktpel_kiosk.domain.sop import Layanan

    assert set(PROFILE.processes) == {s.value for s in Layanan}


def test_every_kind_of_exception_is_mapped():
    from ktpel_kiosk.domain.biometric import ExceptionKind

    assert set(PROFILE.exceptions) == {k.value for k in ExceptionKind}


def test_an_answer_to_a_request_is_a_correction(ends):
    made = mosip.export(entries_of(golden_sessions.plain()), PROFILE, ends.desk, request="AIR-2026-7")
    assert made.packet_id.startswith("AIR-2026-7-10001_10077-") and ends.read(made).process == "CORRECTION"


def test_bad_input_is_refused_with_its_reason(ends, demo_keys):
    entries = entries_of(golden_sessions.plain())
    large = load_certificate(demo_keys.central_cert.read_bytes())
    cases = {
        "packet.mosip_number": lambda: mosip.export(entries, PROFILE, replace(ends.desk, centre="1")),
        "packet.mosip_recipient": lambda: mosip.export(entries, PROFILE, replace(ends.desk, recipient=large)),
        "packet.key": lambda: mosip.export(entries, PROFILE, replace(ends.desk, signer=rsa.generate_private_key(65537, 1024))),
        "packet.mosip_process": lambda: mosip.export(entries_of(replace(golden_sessions.plain(), process="x")), PROFILE, ends.desk),
    }
    for key, act in cases.items():
        with pytest.raises(BadInput) as refused:
            act()
        assert refused.value.message_key == key
    with pytest.raises(BadInput, match="mosip_number"):
        mosip.export(entries, PROFILE, ends.desk, request="../x")
    with pytest.raises(SecurityRefusal):
        mosip.export(entries | {"biodata.json": b"{}"}, PROFILE, ends.desk)


def test_a_profile_that_fits_no_schema_is_refused(tmp_path):
    for name in ("mapping.json", "id-schema.json"):
        (tmp_path / name).write_bytes((ROOT / "resources/mosip" / name).read_bytes())
    assert load_profile(tmp_path) == PROFILE
    mapping = json.loads((tmp_path / "mapping.json").read_bytes())
    mapping["fields"].append({"field": "shoeSize", "source": "biodata.nik", "kind": "plain"})
    (tmp_path / "mapping.json").write_text(json.dumps(mapping))
    with pytest.raises(BadInput) as refused:
        load_profile(tmp_path)
    assert refused.value.facts["reason"] == "shoeSize"
    for bad in ("", "[]", "{}", "[" * 99_999):
        (tmp_path / "mapping.json").write_text(bad)
        with pytest.raises(BadInput, match="mosip_profile"):
            load_profile(tmp_path)


# -- altered packets


def test_flipped_bytes_are_all_found(ends, made):
    rng = random.Random(11)
    for _ in range(120):
        at = rng.randrange(len(made.data)) if rng.random() < 0.5 else rng.randrange(400)
        bad = bytearray(made.data)
        bad[at] ^= 1 << rng.randrange(8)
        with pytest.raises(mosip_reader.Wrong):
            ends.read(made, bytes(bad))
    for cut in (0, 11, 76, 345, len(made.data) - 1):
        with pytest.raises(mosip_reader.Wrong):
            ends.read(made, made.data[:cut])


def _rebuilt(ends: Ends, monkeypatch: pytest.MonkeyPatch, change: Any, level: str) -> mosip.MosipPacket:
    """A packet by somebody who holds every key, with one thing changed at ``level`` (file of a sub-packet, or entry of the outer zip)."""
    real = mosip._zip

    def zipped(files: dict[str, bytes], *, compress: bool = True) -> bytes:
        return real(change(dict(files)) if compress is (level == "inner") else files, compress=compress)

    with monkeypatch.context() as patch:
        patch.setattr(mosip, "_zip", zipped)
        return mosip.export(entries_of(golden_sessions.with_exceptions()), PROFILE, ends.desk)


def test_altered_removed_added_and_renamed_files_are_all_found(ends, monkeypatch):
    good = _rebuilt(ends, monkeypatch, lambda files: files, "inner")
    for files in ends.read(good).files.values():
        for name in files:
            for change in (
                lambda f, n=name: f | {n: f[n] + b" "} if n in f else f,
                lambda f, n=name: {k: v for k, v in f.items() if k != n},
                lambda f, n=name: {(f"x{k}" if k == n else k): v for k, v in f.items()},
            ):
                if name == "packet_meta_info.json" and change({name: b"{}"}) == {name: b"{} "}:
                    continue  # a space after JSON says nothing; other changes of the meta information follow below
                with pytest.raises(mosip_reader.Wrong):
                    ends.read(_rebuilt(ends, monkeypatch, change, "inner"))
    with pytest.raises(mosip_reader.Wrong, match="in no hash"):
        ends.read(_rebuilt(ends, monkeypatch, lambda f: f | {"extra.bin": b"x"}, "inner"))


@pytest.mark.parametrize("edit", [
    lambda m: m["biometrics"]["applicant"].pop("rightIndex"), lambda m: m["exceptionBiometrics"]["applicant"].pop("rightThumb"),
    lambda m: m["biometrics"]["applicant"]["face"].update(numRetry=9), lambda m: m["documents"].pop(),
    lambda m: m["hashSequence1"][-1]["value"].insert(0, "audit"), lambda m: m["hashSequence1"].append(m["hashSequence1"][-1]),
    lambda m: m.update(registrationId="0" * 29), lambda m: m["metaData"][0].update(value="0" * 29),
])
def test_meta_information_that_contradicts_the_packet_is_found(ends, monkeypatch, edit):
    def change(files):
        if "audit.json" not in files:
            return files
        meta = json.loads(files["packet_meta_info.json"])
        edit(meta["identity"])
        return files | {"packet_meta_info.json": json.dumps(meta).encode()}

    with pytest.raises(mosip_reader.Wrong):
        ends.read(_rebuilt(ends, monkeypatch, change, "inner"))


def test_swapped_sub_packets_and_foreign_metadata_are_found(ends, monkeypatch):
    def swap(files):
        a, b = (n for n in files if n.endswith(("_id.zip", "_evidence.zip")))
        return files | {a: files[b], b: files[a]}

    def edited(name, value):
        def change(files):
            return {n: (json.dumps(json.loads(d) | {name: value}).encode() if n.endswith("_id.json") else d) for n, d in files.items()}
        return change

    changes = [swap, *(edited(n, v) for n, v in (("signature", "AAAA"), ("encryptedhash", "x"), ("id", "0" * 29), ("process", "LOST"),
                                                   ("refid", "1_1"), ("schemaversion", 0.2), ("creationdate", "2026"), ("extra", 1)))]
    changes += [lambda f: dict(list(f.items())[:-1]), lambda f: f | {"x": b""}]
    for change in changes:
        with pytest.raises(mosip_reader.Wrong):
            ends.read(_rebuilt(ends, monkeypatch, change, "outer"))


def test_a_stranger_s_machine_and_a_device_signature_over_another_record_are_found(ends, monkeypatch):
    stranger = rsa.generate_private_key(65537, 2048)
    made = mosip.export(entries_of(golden_sessions.plain()), PROFILE, replace(ends.desk, signer=stranger))
    with pytest.raises(mosip_reader.Wrong, match="id: signature"):
        ends.read(made)
    real = mosip.sub_packets

    def forged(session, profile, names):
        parts = tuple(replace(p, proof=replace(p.proof, record=p.proof.record + b"!")) if p.proof else p for p in session.parts)
        return real(replace(session, parts=parts), profile, names)

    monkeypatch.setattr(mosip, "sub_packets", forged)
    with pytest.raises(mosip_reader.Wrong, match="device signature"):
        ends.read(mosip.export(entries_of(signed_session(ends)), PROFILE, ends.desk))


# -- the command


def test_the_command_writes_what_the_reader_reads(ends, demo_keys, content, tmp_path):
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat
    from typer.testing import CliRunner

    from ktpel_kiosk.app.cli import app
    from ktpel_kiosk.packet import cms
    from ktpel_kiosk.packet.container import write_container
    from ktpel_kiosk.packet.keys import load_signing_key

    station = load_certificate(demo_keys.station_cert.read_bytes())
    sealed = cms.seal(write_container(build.build_entries(content)), load_signing_key(demo_keys.station_key.read_bytes()), station,
                      golden_sessions.AT, [load_certificate(demo_keys.central_cert.read_bytes())])
    (tmp_path / "p.ktpelpkt").write_bytes(sealed)
    (tmp_path / "platform.crt").write_bytes(ends.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "machine.key").write_bytes(ends.machine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    arguments = ["packet", "export", str(tmp_path / "p.ktpelpkt"), "--format", "mosip", "--key", str(demo_keys.central_key), "--cert",
                 str(demo_keys.central_cert), "--recipient", str(tmp_path / "platform.crt"), "--signer-key", str(tmp_path / "machine.key"),
                 "--machine", "10077", "--station", str(demo_keys.station_cert), "--out", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    file = tmp_path / "out" / "PACKET_MANAGER_ACCOUNT" / f"{told['packetId']}.zip"
    found = mosip_reader.read(file.name, file.read_bytes(), ends.platform, ends.certificate, ends.machine.public_key())
    assert found.identity["nationalId"] == content.penduduk.nik
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 1 and "packet.export_exists" in again.output
    other = CliRunner().invoke(app, ["xml" if a == "mosip" else a for a in arguments])
    assert other.exit_code == 1 and "packet.export_format" in other.output


def test_all_ten_fingers_excused_still_make_a_packet(ends):
    from ktpel_kiosk.domain.biometric import BiometricException, ExceptionKind

    content = golden_sessions.full()
    content = replace(
        content, samples=tuple(s for s in content.samples if s.position not in FINGERS),
        exceptions=tuple(BiometricException(p, ExceptionKind.MISSING, "kedua tangan", "kasi1", "op1") for p in FINGERS),
    )
    found = ends.read(mosip.export(entries_of(content), PROFILE, ends.desk))
    check_biometrics(found, content)
    assert sum(b.record is None for b in found.biometrics) == 10
