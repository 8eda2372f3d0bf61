"""What card and paper printers share: a queue, its jobs, and handing over so that the outcome is known whenever it can be."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import DeviceTrouble, NotConnected, NotFound, OutcomeUnknown, Stalled
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.ipp import queue as facts_of
from ktpel_kiosk.hal.drivers.ipp.client import FORBIDDEN, HAND_OVER_S, NOT_ACCEPTING, NOT_FOUND, Client, Refused, find_server
from ktpel_kiosk.hal.drivers.ipp.message import Attributes, Op, Spec, Tag, number, text, texts
from ktpel_kiosk.ports.devices import PrintJob, PrintJobState

log = logging.getLogger(__name__)
ASK_AGAIN_S = (0.0, 0.3, 0.7, 1.5)
"""Pauses before the server is asked what became of a job whose answer was lost; a scheduler being restarted is back by then."""


class QueueDriver:
    """Finds queues.

    Args:
        queue: only this one; empty: every queue that fits.
        server: socket path or ``host[:port]``; empty: as the CUPS programs find it.
    """

    def __init__(self, queue: str, server: str) -> None:
        self._queue = queue
        self._server = server

    def _look(self, kind: str, fits: Callable[[Attributes], bool]) -> Sequence[Found]:
        server = find_server(self._server)
        if not server:
            return ()
        wanted = (*facts_of.IDENTITY_ATTRIBUTES, "device-uri", "media-supported", "media-size-supported")
        try:
            reply = Client(server, kind).ask(Op.GET_PRINTERS, [("requested-attributes", Tag.KEYWORD, list(wanted))])
        except Refused as refused:
            if refused.status == NOT_FOUND:  # no queue at all
                return ()
            raise _trouble(refused, kind, "discover") from refused
        found = []
        for each in facts_of.distinct(reply.all(Tag.PRINTER)):
            name = text(each, "printer-name")
            if name == self._queue or (not self._queue and fits(each)):
                found.append(Found(name, text(each, "printer-info") or name))
        return found


class PrintQueue:
    """One open queue. Nothing is kept open between calls: a scheduler that was restarted is simply asked again."""

    def __init__(self, name: str, server: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.client = Client(find_server(server), kind)

    def identity(self) -> DeviceIdentity:
        attributes = self.attributes(facts_of.IDENTITY_ATTRIBUTES)
        model = text(attributes, "printer-make-and-model") or self.name
        return DeviceIdentity("", model, self.name, "CUPS/IPP")

    def close(self) -> None:
        return None

    def attributes(self, wanted: Sequence[str]) -> Attributes:
        """Raises NotConnected ``printer.queue_gone``, ``printer.service``."""
        try:
            reply = self.client.ask(Op.GET_PRINTER_ATTRIBUTES, [("requested-attributes", Tag.KEYWORD, list(wanted))], queue=self.name)
        except Refused as refused:
            raise self.trouble(refused, "status") from refused
        return reply.first(Tag.PRINTER)

    def complaint(self, attributes: Attributes) -> DeviceTrouble | None:
        """What keeps the printer from printing now.

        A queue's own reasons are as old as its last job. A network printer is asked itself, and then they do not count.
        """
        closed = facts_of.closed_queue(attributes, self.kind)
        if closed is not None:
            return facts_of.state_trouble(attributes, self.kind)
        said = self.device_says(text(attributes, "device-uri"))
        if isinstance(said, DeviceTrouble):
            return said
        return facts_of.complaint(texts(attributes if said is None else said, "printer-state-reasons"), self.kind)

    def device_says(self, device_uri: str) -> Attributes | DeviceTrouble | None:
        """The network printer's own words, ``printer.offline`` when it is not there, ``None`` when it cannot be asked."""
        try:
            return self.client.device(device_uri, ("printer-state", "printer-state-reasons", *facts_of.MARKER_ATTRIBUTES))
        except (NotConnected, Stalled):
            return DeviceTrouble("printer.offline", device_kind=self.kind)
        except DeviceTrouble:
            return None

    # jobs

    def job(self, job_id: str) -> PrintJob:
        return self._shown(self._job_attributes(job_id))

    def _shown(self, job: Attributes) -> PrintJob:
        if facts_of.is_over(job):
            verdict = self._device_verdict(text(job, "job-name")) if facts_of.is_doubtful(job, self.kind) else 0
            return facts_of.job_of(job, None, self.kind, verdict)
        return facts_of.job_of(job, self.complaint(self.attributes(facts_of.STATE_ATTRIBUTES)), self.kind)

    def _device_verdict(self, title: str) -> int:
        """The state a network printer itself gives its newest job of this title; 0: it does not say."""
        try:
            device_uri = text(self.attributes(("device-uri",)), "device-uri")
            jobs = self.client.device_jobs(device_uri, ("job-id", "job-name", "job-state"))
        except DeviceTrouble:
            return 0
        mine = [job for job in jobs if text(job, "job-name") == title]
        newest = max(mine, key=lambda job: number(job, "job-id"), default={})
        return number(newest, "job-state")

    def _job_attributes(self, job_id: str) -> Attributes:
        """Raises NotFound ``printer.no_job``."""
        if not job_id.isdecimal() or not 0 < int(job_id) < 2**31:
            raise NotFound("printer.no_job", job=job_id)
        try:
            reply = self.client.ask(Op.GET_JOB_ATTRIBUTES, [*self._about(job_id), (
                "requested-attributes", Tag.KEYWORD, list(facts_of.JOB_ATTRIBUTES))], queue=self.name)
        except Refused as refused:
            if refused.status == NOT_FOUND:
                raise NotFound("printer.no_job", job=job_id) from refused
            raise self.trouble(refused, "job") from refused
        return reply.first(Tag.JOB)

    def find(self, title: str) -> PrintJob | None:
        """The newest job of this title, finished ones too, as long as the server keeps its history."""
        wanted = [*self._user(), ("which-jobs", Tag.KEYWORD, "all"),
                  ("requested-attributes", Tag.KEYWORD, list(facts_of.JOB_ATTRIBUTES))]
        try:
            reply = self.client.ask(Op.GET_JOBS, wanted, queue=self.name)
        except Refused as refused:
            raise self.trouble(refused, "find") from refused
        jobs = [job for job in reply.all(Tag.JOB) if text(job, "job-name") == title]
        newest = max(jobs, key=lambda job: number(job, "job-id"), default=None)
        return None if newest is None else self._shown(newest)

    def cancel(self, job_id: str) -> PrintJob:
        """Stop it if that is still possible; the state afterwards tells."""
        self._job_attributes(job_id)
        try:
            self.client.ask(Op.CANCEL_JOB, self._about(job_id), queue=self.name)
        except Refused as refused:
            if refused.status in FORBIDDEN:
                raise self.trouble(refused, "cancel") from refused
            # finished meanwhile: its state says so
        return self.job(job_id)

    def hand_over(self, document: bytes, title: str, options: Sequence[Spec], media: str) -> PrintJob:
        """One job: made first, so that its number is known, then given its document.

        Raises:
            OutcomeUnknown: see the port; fact ``job``. Every other error: nothing will be printed.
        """
        try:
            reply = self.client.ask(Op.CREATE_JOB, [*self._user(), ("job-name", Tag.NAME, title), (
                "ipp-attribute-fidelity", Tag.BOOLEAN, True)], options, queue=self.name)
        except Refused as refused:
            raise self.trouble(refused, "submit") from refused
        except DeviceTrouble:
            self._drop_empty(title)  # a job without a document prints nothing, but need not stay in the queue either
            raise
        job_id = str(number(reply.first(Tag.JOB), "job-id"))
        if self._substituted(reply.status, reply.first(Tag.UNSUPPORTED), job_id, media):
            self._quietly_cancel(job_id)
            raise DeviceTrouble("printer.media_refused", device_kind=self.kind, operation="submit", value=media)
        try:
            self.client.ask(Op.SEND_DOCUMENT, [*self._about(job_id), ("document-format", Tag.MIME, "application/pdf"), (
                "last-document", Tag.BOOLEAN, True)], queue=self.name, document=document, deadline_s=HAND_OVER_S)
        except Refused as refused:
            self._quietly_cancel(job_id)
            raise self.trouble(refused, "submit") from refused
        except DeviceTrouble as lost:
            return self._outcome(job_id, lost)
        return PrintJob(job_id, PrintJobState.PENDING)

    def _substituted(self, status: int, unsupported: Attributes, job_id: str, media: str) -> bool:
        if status == 1 or unsupported:
            return True
        try:
            taken = text(self._job_attributes(job_id), "media")
        except (NotFound, DeviceTrouble):
            return False
        return bool(taken) and taken != media

    def _outcome(self, job_id: str, lost: DeviceTrouble) -> PrintJob:
        """The connection broke while the document was on its way: ask what became of it.

        Whole in the queue: it was taken after all. Never arrived: cancelled, and certainly not printed. No answer: unknown.
        """
        for pause in ASK_AGAIN_S:
            time.sleep(pause)
            try:
                found = self._job_attributes(job_id)
                if number(found, "number-of-documents") > 0:
                    return self.job(job_id)
                after = self.cancel(job_id)
            except NotFound:
                break
            except DeviceTrouble:
                continue
            if after.state is PrintJobState.FAILED:
                raise DeviceTrouble("printer.interrupted", device_kind=self.kind, operation="submit", job=job_id) from lost
            break
        raise OutcomeUnknown("printer.outcome", device_kind=self.kind, operation="submit", job=job_id) from lost

    def _drop_empty(self, title: str) -> None:
        try:
            job = self.find(title)
            if job is not None and job.state is PrintJobState.PENDING:
                self.cancel(job.job_id)
        except (NotFound, DeviceTrouble):
            log.info("%s: a job without document may be left in the queue", self.kind)

    def _quietly_cancel(self, job_id: str) -> None:
        try:
            self.cancel(job_id)
        except (NotFound, DeviceTrouble):
            log.info("%s: job %s without document is left to the queue", self.kind, job_id)

    def _user(self) -> list[Spec]:
        return [("requesting-user-name", Tag.NAME, self.client.user)] if self.client.user else []

    def _about(self, job_id: str) -> list[Spec]:
        return [("job-id", Tag.INTEGER, int(job_id)), *self._user()]

    def trouble(self, refused: Refused, operation: str) -> DeviceTrouble:
        return _trouble(refused, self.kind, operation)


def _trouble(refused: Refused, kind: str, operation: str) -> DeviceTrouble:
    facts = {"device_kind": kind, "operation": operation, "status": f"{refused.status:04X}"}
    if refused.status == NOT_FOUND:
        return NotConnected("printer.queue_gone", **facts)
    if refused.status == NOT_ACCEPTING:
        return DeviceTrouble("printer.rejecting", **facts)
    if refused.status in FORBIDDEN:
        return DeviceTrouble("printer.denied", **facts)
    return DeviceTrouble("printer.refused", **facts)


def offered(specs: Sequence[Spec], attributes: Attributes) -> list[Spec]:
    """Those of ``specs`` a job may carry here; the rest would make an exact order fail."""
    known = texts(attributes, "job-creation-attributes-supported")
    return [spec for spec in specs if not known or spec[0] in known]
