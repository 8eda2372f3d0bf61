"""Samples to ``biometrics.xml`` and to the devices' own evidence."""

from __future__ import annotations

import uuid

from ktpel_kiosk.biometrics.cbeff import Bir, build, excused
from ktpel_kiosk.biometrics.encode import encode_sample
from ktpel_kiosk.domain.biometric import Modality
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.packet.container import Entry
from ktpel_kiosk.packet.manifest import evidence_names

XML = "biometrics.xml"


def biometrics_xml(content: PacketContent) -> tuple[bytes, dict[str, str]]:
    """The CBEFF document, and per sample id where its record is (``biometrics.xml#<index>``).

    Captured positions first, in the order given, then the excused ones. Why somebody was excused stands in the manifest.

    Raises:
        BadInput: a sample that cannot be encoded; names its position.
    """
    captured: list[Bir] = []
    homes: dict[str, str] = {}
    for sample in content.samples:
        if sample.position.modality is Modality.SIGNATURE:
            continue
        bir = encode_sample(sample).bir
        if bir is not None:
            captured.append(bir)
            homes[sample.id] = f"{XML}#{bir.index}"
    missing = [
        excused(e, str(uuid.uuid5(uuid.NAMESPACE_OID, f"{content.packet_id}/{e.position.value}")), content.created_at)
        for e in content.exceptions if e.position.modality is not Modality.SIGNATURE
    ]
    return build([*captured, *missing], created_at=content.created_at), homes


def evidence(content: PacketContent) -> list[Entry]:
    """What a device signed itself, byte for byte, so that the centre can check the device's signature."""
    names = evidence_names(content)
    return list({names[s.id]: s.device_payload for s in content.samples if s.device_payload}.items())
