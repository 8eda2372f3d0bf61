"""From what the register holds to the entries of a packet. Each image is encoded exactly once, here."""

from __future__ import annotations

from ktpel_kiosk.biometrics.encode import signature_isf, signature_png
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.biodata import penduduk_to_dict
from ktpel_kiosk.domain.biometric import Modality, Sample
from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.packet.birs import biometrics_xml, evidence
from ktpel_kiosk.packet.canonical import JsonValue, canonical
from ktpel_kiosk.packet.container import Entry
from ktpel_kiosk.packet.manifest import MANIFEST, audit_lines, make_manifest
from ktpel_kiosk.packet.papers import as_pdf, entry_name

_CODED = ("golongan_darah", "agama", "status_perkawinan", "pekerjaan")


def build_entries(content: PacketContent) -> list[Entry]:
    """Entries in their fixed order, the manifest first.

    Raises:
        BadInput: a sample that cannot be encoded (``image.*``, ``record.*``; ``entry`` is the position), ``packet.document`` or
            ``packet.document_too_large`` naming the entry.
    """
    signatures = [s for s in content.samples if s.position.modality is Modality.SIGNATURE]
    if len(signatures) > 1 or len({s.position for s in content.samples}) != len(content.samples):
        raise BugError("packet.entry_name")
    xml, homes = biometrics_xml(content)
    entries: list[Entry] = [("biodata.json", biodata_json(content.penduduk)), ("biometrics.xml", xml)]
    for sample in signatures:
        ink = _signature_entries(sample)
        homes[sample.id] = ink[-1][0]
        entries += ink
    entries += evidence(content)
    for number, document in enumerate(content.documents, 1):
        name = entry_name(number, document.kind)
        entries.append((name, as_pdf(document, name)))
    entries.append(("audit.jsonl", audit_lines(content.audit)))
    return [(MANIFEST, make_manifest(content, entries, homes)), *entries]


def biodata_json(penduduk: Penduduk) -> bytes:
    """The KTP-el elements; code-list values as code and text."""
    plain = penduduk_to_dict(penduduk)
    fields: dict[str, JsonValue] = dict(plain)
    for name in _CODED:
        code = int(plain[name])
        fields[name] = {"code": code, "text": codes.text(name, code)}
    return canonical(fields)


def _signature_entries(sample: Sample) -> list[Entry]:
    """The picture, and the time series when a pad gave one."""
    if sample.media_type == "image/png":
        return [("signature.png", sample.data)]
    return [("signature.png", signature_png(sample)), ("signature.isf", signature_isf(sample))]
