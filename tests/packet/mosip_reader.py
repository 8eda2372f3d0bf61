"""An independent reader of MOSIP registration packets, written from the facts of the digest "registration packet" alone.

It shares no code with the program: ``cryptography``, ``zipfile``, ``json``, ``base64`` and ``xml.etree`` only. Everything that can be
checked is checked; :class:`Wrong` names the first thing that is not right.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

NS = "{http://standards.iso.org/iso-iec/19785/-3/ed-2/}"
FORMATS = {"Finger": ("7", b"FIR\0"), "Iris": ("9", b"IIR\0"), "Face": ("8", b"FAC\0")}
PROCESSES = ("NEW", "UPDATE", "LOST", "CORRECTION")
META_KEYS = {"id", "packetname", "source", "process", "schemaversion", "signature", "encryptedhash", "providername", "providerversion",
             "creationdate", "refid"}


class Wrong(Exception):
    """The packet is refused; the text says where."""


def need(condition: object, where: str) -> None:
    if not condition:
        raise Wrong(where)


@dataclass
class Biometric:
    kind: str
    subtype: str
    index: str
    record: bytes | None
    others: dict[str, str]
    score: int | None
    device_signed: bool


@dataclass
class Registration:
    registration_id: str
    packet_id: str
    process: str
    identity: dict[str, Any] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    biometrics: list[Biometric] = field(default_factory=list)


def open_layer(data: bytes, key: Any, certificate: Any) -> bytes:
    """One layer: nonce 12, AAD 32, thumbprint 32, wrapped key 256, splitter 14, ciphertext and tag. Fixed offsets."""
    need(len(data) > 346 + 16, "layer: too short")
    need(data[44:76] == hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest(), "layer: thumbprint")
    need(data[332:346] == b"#KEY_SPLITTER#", "layer: splitter")
    try:
        aes = key.decrypt(data[76:332], padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
        need(len(aes) == 32, "layer: key length")
        return AESGCM(aes).decrypt(data[:12], data[346:], data[12:44])
    except (InvalidTag, ValueError) as e:
        raise Wrong("layer: ciphertext") from e


def read(name: str, data: bytes, key: Any, certificate: Any, machine_public: Any) -> Registration:
    """The packet in the file ``name``. Raises Wrong."""
    named = re.fullmatch(r"([0-9A-Za-z-]+)-([0-9]{5})_([0-9]{5})-([0-9]{14})\.zip", name)
    need(named, "file name")
    outer = unzip(open_layer(data, key, certificate))
    need(len(outer) == 6, "outer: six entries")
    first = re.fullmatch(r"([A-Z_]+)/([A-Z]+)/([0-9]{29})_(id|evidence|optional)\.(zip|json)", next(iter(outer)))
    need(first, "outer: entry name")
    source, process, rid = first[1], first[2], first[3]
    need(source == "REGISTRATION_CLIENT" and process in PROCESSES, "outer: source and process")
    need(rid[:5] == named[2] and rid[5:10] == named[3] and rid[15:] == named[4], "registration id: centre, machine, time")
    need(process == "CORRECTION" or named[1] == rid, "packet id")
    found = Registration(rid, name.removesuffix(".zip"), process)
    for part in ("id", "evidence", "optional"):
        stem = f"{source}/{process}/{rid}_{part}"
        need(f"{stem}.zip" in outer and f"{stem}.json" in outer, f"outer: {part}")
        meta = load_json(outer[f"{stem}.json"], f"{part}.json")
        check_metadata(meta, part, rid, source, process, f"{named[2]}_{named[3]}")
        sealed = outer[f"{stem}.zip"]
        need(meta["encryptedhash"] == url64(hashlib.sha256(sealed).digest()), f"{part}: encryptedhash")
        plain = open_layer(sealed, key, certificate)
        try:
            machine_public.verify(unurl64(meta["signature"]), plain, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as e:
            raise Wrong(f"{part}: signature") from e
        read_sub_packet(found, part, unzip(plain), meta)
    check_whole(found)
    return found


def check_metadata(meta: dict[str, Any], part: str, rid: str, source: str, process: str, refid: str) -> None:
    need(set(meta) == META_KEYS, f"{part}: metadata keys")
    expected = {"id": rid, "packetname": f"{rid}_{part}", "source": source, "process": process, "refid": refid,
                "providername": "PacketWriterImpl", "providerversion": "v1.0"}
    for name, value in expected.items():
        need(meta[name] == value, f"{part}: {name}")
    stamp = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{3}Z", meta["creationdate"])
    need(stamp and "".join(stamp.groups()) == rid[15:], f"{part}: creationdate")


def read_sub_packet(found: Registration, part: str, files: dict[str, bytes], metadata: dict[str, Any]) -> None:
    need({"ID.json", "packet_meta_info.json", "packet_data_hash.txt"} <= set(files), f"{part}: files")
    meta = load_json(files["packet_meta_info.json"], f"{part}/packet_meta_info.json")["identity"]
    need(meta["registrationId"] == found.registration_id and meta["creationDate"] == metadata["creationdate"], f"{part}: meta")
    listed = {}
    for sequence, label in ((s, s["label"]) for s in meta["hashSequence1"] + meta["hashSequence2"]):
        need(label not in listed, f"{part}: {label} twice")
        listed[label] = sequence["value"]
    biometric, demographic = listed.get("biometricSequence", []), listed.get("demographicSequence", [])
    need(demographic and demographic[-1] == "ID", f"{part}: demographicSequence")
    check_hash(files, [*biometric, *demographic], "packet_data_hash.txt", part)
    hashed = {*biometric, *demographic}
    if part == "id":
        need("audit.json" in files and listed.get("otherFiles") == ["audit"], "id: audit")
        check_hash(files, listed["otherFiles"], "packet_operations_hash.txt", part)
        hashed |= set(listed["otherFiles"])
        need(isinstance(load_json(files["audit.json"], "audit.json"), list), "id: audit")
    free = {"packet_meta_info.json", "packet_data_hash.txt", "packet_operations_hash.txt"}
    for name in files:
        need(name in free or name.rpartition(".")[0] in hashed, f"{part}: {name} is in no hash")
    identity = load_json(files["ID.json"], f"{part}/ID.json")["identity"]
    need(identity.pop("IDSchemaVersion", None) == metadata["schemaversion"], f"{part}: IDSchemaVersion")
    for name, value in identity.items():
        need(name not in found.identity, f"{part}: {name} in two sub-packets")
        if isinstance(value, dict):
            check_reference(files, part, name, value)
            if value["format"] == "cbeff":
                found.biometrics += read_cbeff(files[f"{value['value']}.xml"])
        found.identity[name] = value
    if part == "id":
        found.meta = meta
    same = {k: v for k, v in meta.items() if not k.startswith("hashSequence")}
    need(same == {k: v for k, v in found.meta.items() if not k.startswith("hashSequence")}, f"{part}: meta differs")
    found.files[part] = files


def check_hash(files: dict[str, bytes], names: list[str], hash_file: str, part: str) -> None:
    """Upper-case hex SHA-256 of the files' bytes one after the other, in the listed order."""
    digest = hashlib.sha256()
    for name in names:
        matches = [f for f in files if f.rpartition(".")[0] == name]
        need(len(matches) == 1, f"{part}: {name} missing")
        digest.update(files[matches[0]])
    need(files.get(hash_file) == digest.hexdigest().upper().encode(), f"{part}: {hash_file}")


def check_reference(files: dict[str, bytes], part: str, name: str, value: dict[str, Any]) -> None:
    if value.get("format") == "cbeff":
        need(value["value"] == f"{name}_bio_CBEFF" and f"{value['value']}.xml" in files, f"{part}: {name}")
    else:
        need(set(value) == {"value", "type", "format", "refNumber"}, f"{part}: {name}")
        need(value["value"] == name and f"{name}.{value['format']}" in files, f"{part}: {name}")


def read_cbeff(xml: bytes) -> list[Biometric]:
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as e:
        raise Wrong("cbeff: xml") from e
    need(root.tag == f"{NS}BIR" and root.findtext(f"{NS}BIRInfo/{NS}Integrity") == "false", "cbeff: root")
    return [read_bir(child) for child in root.findall(f"{NS}BIR")]


def read_bir(bir: ElementTree.Element) -> Biometric:
    def text(*path: str) -> str | None:
        return bir.findtext("/".join(NS + p for p in path))

    for version in ("Version", "CBEFFVersion"):
        need((text(version, "Major"), text(version, "Minor")) == ("1", "1"), f"cbeff: {version}")
    kind, subtype = text("BDBInfo", "Type") or "", text("BDBInfo", "Subtype") or ""
    need(kind in FORMATS, "cbeff: Type")
    need((text("BDBInfo", "Format", "Organization"), text("BDBInfo", "Format", "Type")) == ("Mosip", FORMATS[kind][0]), "cbeff: Format")
    need((text("BDBInfo", "Level"), text("BDBInfo", "Purpose")) == ("Raw", "Enroll"), "cbeff: Level, Purpose")
    algorithm = ("BDBInfo", "Quality", "Algorithm")
    need((text(*algorithm, "Organization"), text(*algorithm, "Type")) == ("HMAC", "SHA-256"), "cbeff: Quality")
    others = {e.get("key") or "": e.text or "" for e in bir.findall(f"{NS}others/{NS}entry")}
    need({"EXCEPTION", "RETRIES", "SDK_SCORE", "FORCE_CAPTURED"} <= set(others), "cbeff: others")
    bdb, signature = text("BDB"), text("SB")
    record = base64.b64decode(bdb, validate=True) if bdb is not None else None
    need((record is None) == (others["EXCEPTION"] == "true"), "cbeff: EXCEPTION")
    need(record is None or record.startswith(FORMATS[kind][1]), "cbeff: BDB")
    need((signature is None) == ("PAYLOAD" not in others), "cbeff: SB without PAYLOAD")
    if signature is not None:
        verify_device(base64.b64decode(signature, validate=True).decode(), others["PAYLOAD"], record or b"", kind, subtype)
    score = text("BDBInfo", "Quality", "Score")
    return Biometric(kind, subtype, text("BDBInfo", "Index") or "", record, others, int(score) if score else None, signature is not None)


def verify_device(signature: str, payload: str, record: bytes, kind: str, subtype: str) -> None:
    """The device's JWS put together again: its record back into the payload's text, and its own certificate's key."""
    header, middle, value = signature.split(".")
    need(middle == "" and payload.count("<bioValue>") == 1, "cbeff: SB")
    whole = payload.replace("<bioValue>", url64(record))
    head = json.loads(unurl64(header))
    need(head["alg"] == "RS256", "cbeff: SB algorithm")
    public = load_der_x509_certificate(base64.b64decode(head["x5c"][0])).public_key()
    try:
        public.verify(unurl64(value), f"{header}.{url64(whole.encode())}".encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as e:
        raise Wrong("cbeff: device signature") from e
    told = json.loads(whole)
    need(told["bioType"] == kind and (kind == "Face" or told["bioSubType"] == subtype), "cbeff: device's position")


def check_whole(found: Registration) -> None:
    """Meta information and CBEFF speak of the same biometrics; the labels are those of the packet."""
    captured = {b["birindex"]: a for a, b in found.meta["biometrics"]["applicant"].items()}
    need({b.index for b in found.biometrics if b.record is not None} == set(captured), "meta: biometrics")
    for b in (b for b in found.biometrics if b.record is not None):
        told = found.meta["biometrics"]["applicant"][captured[b.index]]
        need(told == {"birindex": b.index, "numRetry": int(b.others["RETRIES"]), "forceCaptured": b.others["FORCE_CAPTURED"] == "true"},
             f"meta: {captured[b.index]}")
        need(captured[b.index] == attribute(b), f"meta: {captured[b.index]}")
    excused = {a for a in found.meta["exceptionBiometrics"].get("applicant", {}) if a != "signature"}
    need({attribute(b) for b in found.biometrics if b.record is None} == excused, "meta: exceptionBiometrics")
    labels = {m["label"]: m["value"] for m in found.meta["metaData"]}
    rid = found.registration_id
    need((labels["registrationId"], labels["centerId"], labels["machineId"]) == (rid, rid[:5], rid[5:10]), "meta: metaData")
    need(labels["registrationType"] == found.process, "meta: registrationType")
    papers = {n for n, v in found.identity.items() if isinstance(v, dict) and v["format"] != "cbeff"}
    need({d["documentName"] for d in found.meta["documents"]} == papers, "meta: documents")


def attribute(b: Biometric) -> str:
    if b.kind == "Face":
        return "face"
    side, _, finger = b.subtype.partition(" ")
    return side.lower() + (finger.removesuffix("Finger") if b.kind == "Finger" else "Eye")


def unzip(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            need(len(set(names)) == len(names), "zip: a name twice")
            return {n: archive.read(n) for n in names}
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as e:
        raise Wrong("zip") from e


def load_json(data: bytes, where: str) -> Any:
    try:
        return json.loads(data.decode("utf-8"))
    except ValueError as e:
        raise Wrong(where) from e


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unurl64(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as e:
        raise Wrong("base64url") from e
