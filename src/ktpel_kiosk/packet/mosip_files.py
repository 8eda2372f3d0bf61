"""The files inside the three sub-packets of a MOSIP packet: ID.json, CBEFF, papers, audit, meta information, hashes. No I/O."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ktpel_kiosk.domain.biometric import Modality, Position
from ktpel_kiosk.packet import mosip_cbeff
from ktpel_kiosk.packet.mosip_crypto import hex_hash
from ktpel_kiosk.packet.mosip_profile import SUB_PACKETS, Profile
from ktpel_kiosk.packet.mosip_session import Session

Files = dict[str, bytes]
Names = Mapping[str, str]
"""registrationId, centerId, machineId, process, keyIndex."""
CLIENT = "ktpel-kiosk"
_WORDS = {Modality.FINGER: "Finger", Modality.IRIS: "Iris", Modality.FACE: "Face", Modality.SIGNATURE: "Signature"}


def json_bytes(value: object) -> bytes:
    """UTF-8 JSON, keys in order, so that the same value gives the same bytes. (A schema version is a fraction: no RFC 8785 here.)"""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sub_packets(session: Session, profile: Profile, names: Names) -> dict[str, Files]:
    """Files by name of ``id``, ``evidence`` and ``optional``."""
    return {name: _sub_packet(name, session, profile, names) for name in SUB_PACKETS}


def _sub_packet(home: str, session: Session, profile: Profile, names: Names) -> Files:
    identity: dict[str, Any] = {"IDSchemaVersion": profile.version}
    identity |= {field: value for field, value in session.fields.items() if home in profile.homes(field)}
    files: Files = {}
    biometric: list[str] = []
    if session.parts and home in profile.homes(profile.biometrics):
        stem = f"{profile.biometrics}_bio_CBEFF"
        files[f"{stem}.xml"] = mosip_cbeff.build(session.parts)
        identity[profile.biometrics] = {"format": "cbeff", "version": 1, "value": stem}
        biometric.append(stem)
    papers = [p for p in session.papers if home in profile.homes(p.field)]
    for paper in papers:
        files[paper.file] = paper.data
        identity[paper.field] = {"value": paper.field, "type": paper.kind, "format": paper.format, "refNumber": None}
    files["ID.json"] = json_bytes({"identity": identity})
    demographic = [*(p.field for p in papers), "ID"]
    sequence1 = [{"label": "biometricSequence", "value": biometric}] if biometric else []
    sequence1.append({"label": "demographicSequence", "value": demographic})
    hashed = [*(files[f"{stem}.xml"] for stem in biometric), *(files[p.file] for p in papers), files["ID.json"]]
    files["packet_data_hash.txt"] = hex_hash(*hashed).encode()
    sequence2: list[dict[str, Any]] = []
    if home == "id":
        files["audit.json"] = json_bytes(_audit(session, names))
        files["packet_operations_hash.txt"] = hex_hash(files["audit.json"]).encode()
        sequence2.append({"label": "otherFiles", "value": ["audit"]})
    files["packet_meta_info.json"] = json_bytes({"identity": _meta(session, profile, names) | {
        "hashSequence1": sequence1, "hashSequence2": sequence2,
    }})
    return files


def attribute(position: Position) -> str:
    """``rightIndex``, ``leftEye``, ``face``."""
    first, *rest = position.value.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _meta(session: Session, profile: Profile, names: Names) -> dict[str, Any]:
    at = session.manifest["created_at"]
    agreed = any(line["event"] == "ApplicantConfirmed" for line in _links(session))
    meta = {
        "registrationId": names["registrationId"], "applicationId": names["registrationId"], "creationDate": at,
        "Registration Client Version Number": CLIENT, "registrationType": names["process"], "preRegistrationId": None,
        "machineId": names["machineId"], "centerId": names["centerId"], "dongleId": None, "keyIndex": names["keyIndex"],
        "langCodes": profile.language, "consentOfApplicant": "Yes" if agreed else None,
    }
    return {
        "registrationId": names["registrationId"], "creationDate": at, "metaData": _labelled(meta),
        "operationsData": _labelled(_operations(session)), "biometrics": {"applicant": _captured(session)},
        "exceptionBiometrics": {"applicant": _excused(session, profile)} if session.manifest["exceptions"] else {},
        "documents": [{"documentName": p.field, "documentCategory": p.category, "documentOwner": "Applicant", "refNumber": None}
                      for p in session.papers],
        "capturedRegisteredDevices": _devices(session), "checkSum": {}, "blockListedWords": [],
        "geoLocLatitude": None, "geoLoclongitude": None,
    }


def _labelled(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"label": label, "value": value} for label, value in values.items()]


def _links(session: Session) -> list[dict[str, Any]]:
    return [json.loads(line) for line in session.audit]


def _operations(session: Session) -> dict[str, str | None]:
    """Who did it. An officer signs off with the own password; a second person stands behind every exception."""
    seconds = [str(e["approved_by"]) for e in session.manifest["exceptions"] if e["approved_by"]]
    signed = any(line["event"] == "OperatorSignedOff" for line in _links(session))
    return {
        "officerId": str(session.manifest["operator"]), "officerBiometricFileName": None, "supervisorId": seconds[0] if seconds else None,
        "supervisorBiometricFileName": None, "officerPassword": str(signed).lower(), "supervisorPassword": str(bool(seconds)).lower(),
        "officerPIN": None, "supervisorPIN": None, "officerOTPAuthentication": "false", "supervisorOTPAuthentication": "false",
    }


def _captured(session: Session) -> dict[str, dict[str, Any]]:
    return {
        attribute(p.bir.position): {"birindex": p.bir.index, "numRetry": p.tries, "forceCaptured": p.forced}
        for p in session.parts if p.record is not None
    }


def _excused(session: Session, profile: Profile) -> dict[str, dict[str, Any]]:
    found = {}
    for e in session.manifest["exceptions"]:
        position = Position(e["position"])
        found[attribute(position)] = {
            "type": _WORDS[position.modality], "missingBiometric": attribute(position), "reason": e["reason"],
            "exceptionType": profile.exceptions.get(e["kind"], "Temporary"), "individualType": "applicant",
        }
    return found


def _devices(session: Session) -> list[dict[str, Any]]:
    """Each device once, in the order of first use."""
    found: dict[str, dict[str, Any]] = {}
    for sample in session.manifest["samples"]:
        d = sample["device"]
        told = {
            "deviceCode": d["serial"], "deviceServiceVersion": d["driver"],
            "digitalId": {"serialNo": d["serial"], "make": d["make"], "model": d["model"], "type": _WORDS[Modality(sample["modality"])]},
        }
        found.setdefault(json.dumps(told, sort_keys=True), told)
    return list(found.values())


def _audit(session: Session, names: Names) -> Sequence[dict[str, Any]]:
    """One row a link; ``description`` is the link's own line, so that its digest can be recomputed at the other end."""
    return [
        {
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, x["digest"])), "createdAt": x["at"], "actionTimeStamp": x["at"],
            "eventId": f"KTPEL-{x['sequence']}", "eventName": x["event"], "eventType": "USER", "hostName": session.manifest["station"],
            "hostIp": "", "applicationId": "REG", "applicationName": CLIENT, "sessionUserId": x["actor"], "sessionUserName": x["actor"],
            "createdBy": x["actor"], "id": names["registrationId"], "idType": "REGISTRATION_ID", "moduleId": "KTPEL",
            "moduleName": CLIENT, "description": line,
        }
        for line, x in zip(session.audit, _links(session), strict=True)
    ]
