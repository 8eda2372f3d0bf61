"""The CBEFF document of a MOSIP packet: the same ISO records, framed as that platform expects them. No I/O; any thread."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from ktpel_kiosk.biometrics.cbeff import FORMAT_TYPE, NAMESPACE, TYPE_NAME, Bir, subtype
from ktpel_kiosk.packet.mosip_evidence import Proof

_VERSIONS = "<Version><Major>1</Major><Minor>1</Minor></Version><CBEFFVersion><Major>1</Major><Minor>1</Minor></CBEFFVersion>"
_INFO = "<BIRInfo><Integrity>false</Integrity></BIRInfo>"
_ALGORITHM = "<Algorithm><Organization>HMAC</Organization><Type>SHA-256</Type></Algorithm>"


@dataclass(frozen=True, slots=True)
class Part:
    """One sample or excused position.

    Attributes:
        bir: as it stands in ``biometrics.xml``.
        proof: what the device signed; then its own record is the one that travels, or its signature would say nothing.
        tries: captures of this position. forced: accepted below the threshold.
    """

    bir: Bir
    proof: Proof | None = None
    tries: int = 0
    forced: bool = False

    @property
    def record(self) -> bytes | None:
        return self.proof.record if self.proof else self.bir.bdb


def build(parts: Sequence[Part]) -> bytes:
    """The document, UTF-8. Equal input gives equal bytes."""
    children = "".join(_bir(p) for p in parts)
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<BIR xmlns="{NAMESPACE}">{_INFO}{children}</BIR>\n'.encode()


def _bir(part: Part) -> str:
    record, proof = part.record, part.proof
    data = f"<BDB>{base64.b64encode(record).decode('ascii')}</BDB>" if record is not None else ""
    signature = f"<SB>{base64.b64encode(proof.signature.encode()).decode('ascii')}</SB>" if proof else ""
    entries = {
        "EXCEPTION": str(record is None).lower(), "RETRIES": str(part.tries), "SDK_SCORE": "0.0",
        "FORCE_CAPTURED": str(part.forced).lower(),
    }
    if proof:
        entries |= {"SPEC_VERSION": proof.version, "PAYLOAD": proof.payload}
    others = "".join(f'<entry key="{key}">{_text(value)}</entry>' for key, value in entries.items())
    return f"<BIR>{_VERSIONS}{_INFO}{_described(part.bir)}{data}{signature}<others>{others}</others></BIR>"


def _described(bir: Bir) -> str:
    modality, side = bir.position.modality, subtype(bir.position)
    # an excused position has no quality, but readers of this frame look for the element
    score = 0 if bir.bdb is None else bir.score
    measured = f"<Score>{score}</Score>" if score is not None else "<QualityCalculationFailed>true</QualityCalculationFailed>"
    inner = "".join((
        f"<Index>{escape(bir.index)}</Index><Format><Organization>Mosip</Organization><Type>{FORMAT_TYPE[modality]}</Type></Format>",
        f"<CreationDate>{_time(bir.created_at)}</CreationDate><Type>{TYPE_NAME[modality]}</Type>",
        f"<Subtype>{side}</Subtype>" if side else "",
        f"<Level>Raw</Level><Purpose>Enroll</Purpose><Quality>{_ALGORITHM}{measured}</Quality>",
    ))
    return f"<BDBInfo>{inner}</BDBInfo>"


def _text(value: str) -> str:
    """Escaped; a carriage return as reference: an XML reader makes a line feed of a bare one, and the signature would break."""
    return escape(value, {"\r": "&#13;"})


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
