"""What the statuses of applications under way ask of somebody (DOMAIN.md 5.2), counted and listed from the register's indexes.

A rule is a question to the register; it stops being true by the act: sent again, recorded again, asked about, a newer status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.queue import WARN as UNSENT
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import StatusSiak, stored_status
from ktpel_kiosk.domain.status_guide import ALARM_DAYS, ASK_AGAIN_DAYS, SILENT_DAYS, WARN_DAYS, guide
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.outbox import StatusWanted
from ktpel_kiosk.ports.register import ListItem, View

S = StatusSiak
WAITING = (Stage.MENUNGGU_PRR.value,)
CARD = tuple(s.value for s in (Stage.CEK_CETAK, Stage.CETAK_ENCODE, Stage.AKTIVASI, Stage.SERAH_LOKET, Stage.SERAH_PEMOHON))
"""Stages where a card may exist already."""


class StatusTask(StrEnum):
    """In the order they are shown."""

    DITARIK_PUSAT = "ditarik_pusat"
    GAGAL_REKAM = "gagal_rekam"
    GAGAL_CARI = "gagal_cari"
    SFE_LAMA = "sfe_lama"
    VALIDASI_PUSAT = "validasi_pusat"
    PUTUSAN_PUSAT = "putusan_pusat"
    BELUM_DIPROSES = "belum_diproses"
    TANPA_KABAR = "tanpa_kabar"
    STATUS_LAIN = "status_lain"


@dataclass(frozen=True, slots=True)
class Rule:
    """Statuses that make a task where the application stands at ``stages``, once held for ``after``."""

    words: tuple[StatusSiak, ...] = ()
    stages: tuple[str, ...] = WAITING
    after: timedelta = timedelta(0)
    others: bool = False
    silent: bool = False
    line: bool = True


RULES: Mapping[StatusTask, Rule] = {
    StatusTask.DITARIK_PUSAT: Rule(
        (S.ENROLL_FAILURE_AT_REGIONAL, S.ENROLL_FAILURE_AT_CENTRAL, S.SEARCH_FAILURE_AT_CENTRAL, S.ADJUDICATE_RECORD, S.REQUEST_VALIDATION,
         S.DUPLICATE_RECORD), CARD),
    StatusTask.GAGAL_REKAM: Rule((S.ENROLL_FAILURE_AT_REGIONAL, S.ENROLL_FAILURE_AT_CENTRAL, S.UNREGISTERED)),
    StatusTask.GAGAL_CARI: Rule((S.SEARCH_FAILURE_AT_CENTRAL,)),
    StatusTask.SFE_LAMA: Rule((S.SENT_FOR_ENROLLMENT,), after=timedelta(days=WARN_DAYS)),
    StatusTask.VALIDASI_PUSAT: Rule((S.REQUEST_VALIDATION,)),
    StatusTask.PUTUSAN_PUSAT: Rule((S.ADJUDICATE_RECORD,)),
    StatusTask.BELUM_DIPROSES: Rule((S.BIO_CAPTURED, S.PROCESSING), after=UNSENT, line=False),
    StatusTask.TANPA_KABAR: Rule(after=timedelta(days=SILENT_DAYS), silent=True),
    StatusTask.STATUS_LAIN: Rule(others=True),
}


def wanted(kind: StatusTask, now: datetime) -> StatusWanted:
    """The question a rule puts to the register."""
    rule = RULES[kind]
    return StatusWanted(
        words=("",) if rule.silent else tuple(w.value for w in rule.words), others=rule.others, stages=rule.stages,
        before=now - rule.after if rule.after else None, silent=rule.silent, line=rule.line,
        not_asked_since=now - timedelta(days=ASK_AGAIN_DAYS))


def counts(view: View, now: datetime) -> dict[StatusTask, int]:
    """How many of each kind; kinds of which there are none are left out."""
    found = {kind: view.status_count(wanted(kind, now)) for kind in StatusTask}
    return {kind: n for kind, n in found.items() if n}


def listed(view: View, kind: StatusTask, now: datetime, limit: int) -> tuple[ListItem, ...]:
    return tuple(view.status_list(wanted(kind, now), limit))


@dataclass(frozen=True, slots=True)
class Alerts:
    """What Beranda tells calmly, as counts of applications. ``sfe_alarm`` is part of ``sfe_warn``; ``trouble``: a person has to act."""

    unsent: int = 0
    sfe_warn: int = 0
    sfe_alarm: int = 0
    silent: int = 0
    trouble: int = 0


def alerts(desk: Desk, known: Mapping[str, int] | None = None) -> Alerts:
    """As of now, from indexes alone. ``known``: counts by kind that were asked for already."""
    now = desk.clock.now()

    def gather(view: View) -> Alerts:
        found = counts(view, now) if known is None else {k: known[k] for k in StatusTask if k in known}
        sfe = found.pop(StatusTask.SFE_LAMA, 0)
        alarm = view.status_count(replace(
            wanted(StatusTask.SFE_LAMA, now), before=now - timedelta(days=ALARM_DAYS))) if sfe else 0
        silent = found.pop(StatusTask.TANPA_KABAR, 0)
        return Alerts(view.queue_figures(now - UNSENT, now, now).warned, sfe, alarm, silent, sum(found.values()))

    return desk.register.read(gather)


def text_of(kind: StatusTask, item: ListItem, now: datetime) -> str:
    """What the task says: what happened, in plain words, and what to do."""
    days = (now - (item.status_at or item.updated_at)).days
    if kind is StatusTask.TANPA_KABAR:
        return f"Sudah {number_text(days)} hari tanpa kabar dari pusat. Tanyakan kepada Disdukcapil, lalu catat statusnya."
    said = guide(stored_status(item.status_siak))
    if kind is StatusTask.DITARIK_PUSAT:
        return (f"Status di pusat sekarang \"{said.title}\" padahal tadinya siap cetak. Tahan kartunya, jangan dicetak atau diserahkan, "
                "dan tanyakan kepada Disdukcapil.")
    if kind is StatusTask.SFE_LAMA:
        urge = "Kirim ulang bila Disdukcapil memintanya." if days >= ALARM_DAYS else "Tanyakan kepada Disdukcapil."
        return f"Terkirim dan belum diperiksa pusat selama {number_text(days)} hari. {urge}"
    if kind is StatusTask.BELUM_DIPROSES:
        return (f"Pusat masih mencatat \"{said.title}\" selama {number_text(days)} hari. Tanyakan kepada Disdukcapil; "
                "kirim ulang bila diminta.")
    return f"{said.operator} {said.next}"


def tone_of(kind: StatusTask, item: ListItem, now: datetime) -> str:
    """trouble, attention or accent."""
    if kind in (StatusTask.SFE_LAMA, StatusTask.TANPA_KABAR):
        return "trouble" if (now - (item.status_at or item.updated_at)).days >= ALARM_DAYS else "attention"
    return {StatusTask.DITARIK_PUSAT: "trouble", StatusTask.GAGAL_REKAM: "trouble", StatusTask.GAGAL_CARI: "trouble"}.get(kind, "attention")
