"""Samples, exceptions, documents, approvals, the handover: what hangs on one application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.biometric import BiometricException, Position, Sample
from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound
from ktpel_kiosk.ports.register import Approval, Handover, ScannedDocument
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.rows import ApprovalRow, DocumentRow, ExceptionRow, HandoverRow, SampleDataRow, SampleRow, table_of
from ktpel_kiosk.register.session import ConstraintBroken, Session
from ktpel_kiosk.register.words import LAST

SAMPLES: Final = table_of(SampleRow)
PIXELS: Final = table_of(SampleDataRow)
EXCEPTIONS: Final = table_of(ExceptionRow)
DOCUMENTS: Final = table_of(DocumentRow)
APPROVALS: Final = table_of(ApprovalRow)
HANDOVERS: Final = table_of(HandoverRow)

_OF = "of_id"
_SAMPLES = select(SAMPLES).where(SAMPLES.c.permohonan_id == bindparam(_OF)).order_by(SAMPLES.c.no)
_WHOLE_SAMPLES = select(SAMPLES, PIXELS.c.data, PIXELS.c.device_payload).join_from(
    SAMPLES, PIXELS, PIXELS.c.sample_no == SAMPLES.c.no).where(SAMPLES.c.permohonan_id == bindparam(_OF)).order_by(SAMPLES.c.no)
_EXCEPTIONS = select(EXCEPTIONS).where(EXCEPTIONS.c.permohonan_id == bindparam(_OF)).order_by(EXCEPTIONS.c.no)
_WHOLE_DOCUMENTS = select(DOCUMENTS).where(DOCUMENTS.c.permohonan_id == bindparam(_OF)).order_by(DOCUMENTS.c.no)
_DOCUMENTS = select(*(c for c in DOCUMENTS.columns if c.name != "data")).where(
    DOCUMENTS.c.permohonan_id == bindparam(_OF)).order_by(DOCUMENTS.c.no)
_APPROVALS = select(APPROVALS).where(APPROVALS.c.permohonan_id == bindparam(_OF)).order_by(APPROVALS.c.no)
_HANDOVER = select(HANDOVERS).where(HANDOVERS.c.permohonan_id == bindparam(_OF))

_ADD_SAMPLE, _ADD_PIXELS = insert(SAMPLES).returning(SAMPLES.c.no), insert(PIXELS)
_NO_LONGER_BEST = update(SAMPLES).where(
    SAMPLES.c.permohonan_id == bindparam(_OF), SAMPLES.c.position == bindparam("at_position"), SAMPLES.c.best == 1).values(best=0)
_FORCE = update(SAMPLES).where(SAMPLES.c.id == bindparam("sample_id")).values(forced=1)
_DROP_SAMPLES = delete(SAMPLES).where(SAMPLES.c.permohonan_id == bindparam(_OF))
_PUT_EXCEPTION = insert(EXCEPTIONS)
_PUT_EXCEPTION = _PUT_EXCEPTION.on_conflict_do_update(
    index_elements=[EXCEPTIONS.c.permohonan_id, EXCEPTIONS.c.position],
    set_={n: _PUT_EXCEPTION.excluded[n] for n in ("kind", "reason", "approved_by", "recorded_by")})
_DROP_EXCEPTION = delete(EXCEPTIONS).where(EXCEPTIONS.c.permohonan_id == bindparam(_OF), EXCEPTIONS.c.position == bindparam("at_position"))
_ADD_DOCUMENT, _ADD_APPROVAL, _ADD_HANDOVER = insert(DOCUMENTS), insert(APPROVALS), insert(HANDOVERS)
_DROP_DOCUMENTS = delete(DOCUMENTS).where(
    DOCUMENTS.c.permohonan_id == bindparam(_OF), DOCUMENTS.c.kind >= bindparam("first"), DOCUMENTS.c.kind < bindparam("last"))


class RecordingView(Session):
    def samples(self, permohonan_id: str, *, with_data: bool = True) -> Sequence[Sample]:
        found = self.all(_WHOLE_SAMPLES if with_data else _SAMPLES, of_id=permohonan_id)
        return [mappers.sample_from(r, with_data=with_data) for r in found]

    def exceptions(self, permohonan_id: str) -> Sequence[BiometricException]:
        return [mappers.EXCEPTION.value(r) for r in self.all(_EXCEPTIONS, of_id=permohonan_id)]

    def documents(self, permohonan_id: str, *, with_data: bool = True) -> Sequence[ScannedDocument]:
        found = self.all(_WHOLE_DOCUMENTS if with_data else _DOCUMENTS, of_id=permohonan_id)
        return [mappers.document_from(r) for r in found]

    def approvals(self, permohonan_id: str) -> Sequence[Approval]:
        return [mappers.APPROVAL.value(r) for r in self.all(_APPROVALS, of_id=permohonan_id)]

    def handover(self, permohonan_id: str) -> Handover | None:
        found = self.one(_HANDOVER, of_id=permohonan_id)
        return mappers.HANDOVER.value(found) if found else None


class RecordingWrites(RecordingView):
    purged = False
    """Pixels were deleted: the journal is emptied after the commit, so that they do not outlive it there."""

    def add_sample(self, sample: Sample) -> None:
        if sample.best:
            self.run(_NO_LONGER_BEST, {_OF: sample.permohonan_id, "at_position": sample.position.value})
        no = self.scalar(_ADD_SAMPLE, **mappers.SAMPLE.values(sample))
        self.run(_ADD_PIXELS, {"sample_no": int(no), **mappers.SAMPLE_DATA.values(sample)})

    def mark_forced(self, sample_id: str) -> None:
        if self.run(_FORCE, {"sample_id": sample_id}).rowcount != 1:
            raise NotFound("sample.not_found")

    def drop_samples(self, permohonan_id: str) -> int:
        dropped = int(self.run(_DROP_SAMPLES, {_OF: permohonan_id}).rowcount)
        self.purged = self.purged or dropped > 0
        return dropped

    def put_exception(self, permohonan_id: str, exception: BiometricException) -> None:
        self.run(_PUT_EXCEPTION, mappers.EXCEPTION.values(exception) | {"permohonan_id": permohonan_id})

    def drop_exception(self, permohonan_id: str, position: Position) -> None:
        self.run(_DROP_EXCEPTION, {_OF: permohonan_id, "at_position": position.value})

    def add_document(self, document: ScannedDocument) -> None:
        self.run(_ADD_DOCUMENT, mappers.DOCUMENT.values(document))

    def drop_documents(self, permohonan_id: str, kind_prefix: str) -> int:
        span = {_OF: permohonan_id, "first": kind_prefix, "last": kind_prefix + LAST}
        dropped = int(self.run(_DROP_DOCUMENTS, span).rowcount)
        self.purged = self.purged or dropped > 0
        return dropped

    def add_approval(self, approval: Approval) -> None:
        self.run(_ADD_APPROVAL, mappers.APPROVAL.values(approval))

    def put_handover(self, handover: Handover) -> None:
        try:
            self.attempt(_ADD_HANDOVER, mappers.HANDOVER.values(handover))
        except ConstraintBroken as error:
            done = self.handover(handover.permohonan_id)
            if done is None:
                raise
            raise DuplicateRequest("handover.done", number=done.number or "-") from error
