"""The satisfaction survey: storing a form that leads back to nobody, and the index for reports (Permenpan RB 14/2017).

What is kept of a form: month, service, scores by unsur, a coarse profile, morning or afternoon. Neither the audit link nor the row
names the other, the applicant or the moment; the register stores rows under random keys.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain import ikm
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.ikm import Ikm, SurveyAnswer, Unsur
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.domain.text import zone
from ktpel_kiosk.ports.register import Tx, View

SUBJECT = "survei"
"""The audit subject of every form: one word for all, so that it tells nothing."""

WEIGHT_SETTING = "ikm.bobot"
DEFAULT_WEIGHT = "1/9"
SMALL_GROUP = 5
"""A profile group of fewer people is not shown by itself: who it was could be guessed."""


def store_survey(desk: Desk, layanan: str, scores: Mapping[Unsur, int], profile: Mapping[str, str] | None = None) -> None:
    """Keep one whole form in its own transaction; nobody need be signed in.

    Args:
        layanan: the service just given, a value of ``Layanan``.
        profile: ``kelamin usia pendidikan pekerjaan``, each optional.

    Raises:
        BadInput: ``survey.*`` of :func:`ktpel_kiosk.domain.ikm.make_answer`, ``survey.service``.
    """
    if layanan not in tuple(Layanan):
        raise BadInput("survey.service", value=layanan[:40])
    local = local_time(desk, desk.clock.now())
    asked = {k: v for k, v in (profile or {}).items() if k != "jam"}
    answer = ikm.make_answer(f"{local:%Y-%m}", layanan, scores, {**asked, "jam": ikm.hour_band(local)})

    def work(tx: Tx) -> None:
        tx.add_survey(answer)
        tx.log("SurveyStored", SUBJECT, "-")

    desk.register.write(work)


def weight(desk: Desk) -> Fraction:
    """The weight per unsur this office uses; exact 1/9 until somebody chose another."""
    return ikm.parse_weight(desk.register.read(lambda v: v.setting(WEIGHT_SETTING)) or DEFAULT_WEIGHT)


def set_weight(desk: Desk, actor: Actor, text: str) -> Fraction:
    """Choose the weight (``1/9``, ``0,111``, ``0,11``). Raises NotAllowed, BadInput ``survey.weight``."""
    require(actor, "change_settings")
    value = ikm.parse_weight(text)

    def work(tx: Tx) -> None:
        tx.put_setting(WEIGHT_SETTING, ikm.weight_text(value))
        tx.log("SettingChanged", WEIGHT_SETTING, actor.username, value=ikm.weight_text(value))

    desk.register.write(work)
    return value


@dataclass(frozen=True, slots=True)
class ServiceIkm:
    """One service's share of the forms."""

    layanan: str
    respondents: int
    index: Ikm


@dataclass(frozen=True, slots=True)
class IkmSummary:
    """What a report says about a period. ``index`` is None where nobody answered.

    ``applicants``: numbered applications of the period; ``sample_size``: forms that would represent them (Krejcie-Morgan).
    ``profile``: field -> ((value, count), ...), groups under five joined as ``lainnya (<5)``. ``months``: (month, forms, index).
    """

    since_month: str
    until_month: str
    weight: Fraction
    index: Ikm | None
    by_service: tuple[ServiceIkm, ...]
    months: tuple[tuple[str, int, Ikm], ...]
    profile: dict[str, tuple[tuple[str, int], ...]]
    applicants: int
    sample_size: int

    @property
    def respondents(self) -> int:
        return self.index.respondents if self.index else 0

    @property
    def enough(self) -> bool:
        return self.respondents >= self.sample_size

    @property
    def weight_text(self) -> str:
        return ikm.weight_text(self.weight)


class _Tally:
    """Sums of one group of forms."""

    def __init__(self) -> None:
        self.count, self.totals = 0, [0] * len(ikm.UNSUR)

    def add(self, answer: SurveyAnswer) -> None:
        self.count += 1
        for i, score in enumerate(answer.scores):
            self.totals[i] += score

    def index(self, share: Fraction) -> Ikm:
        found = ikm.index_of_totals(self.totals, self.count, share)
        assert found is not None
        return found


def summary(desk: Desk, actor: Actor, period: str) -> IkmSummary:
    """The index of ``2026``, ``2026-11``, ``2026-T3`` or ``2026-S1``; forms are read once, in a stream.

    Raises:
        NotAllowed, BadInput ``survey.period``.
    """
    require(actor, "view_reports")
    first, last = ikm.months_of(period)
    share = weight(desk)
    start, end = _moments(desk, first, last)
    whole, services, months = _Tally(), dict[str, _Tally](), dict[str, _Tally]()
    profile: dict[str, Counter[str]] = {k: Counter() for k in ("kelamin", "usia", "pendidikan", "pekerjaan", "jam")}

    def read(view: View) -> int:
        for answer in view.surveys(first, last):
            for tally in (whole, services.setdefault(answer.layanan, _Tally()), months.setdefault(answer.month, _Tally())):
                tally.add(answer)
            for key, counts in profile.items():
                counts[getattr(answer, key) or ""] += 1
        return view.count_in("permohonan", start, end)

    applicants = desk.register.read(read)
    order = {str(x): i for i, x in enumerate(Layanan)}
    return IkmSummary(
        first, last, share, whole.index(share) if whole.count else None,
        tuple(ServiceIkm(k, t.count, t.index(share)) for k, t in sorted(services.items(), key=lambda x: order.get(x[0], 99))),
        tuple((m, t.count, t.index(share)) for m, t in sorted(months.items())),
        {k: _groups(k, c) for k, c in profile.items()}, applicants, ikm.krejcie_morgan(applicants))


def _moments(desk: Desk, first: str, last: str) -> tuple[datetime, datetime]:
    """Begin of the first month and end of the last on the office's clock."""
    (year, month), (to_year, to_month) = (tuple(map(int, m.split("-"))) for m in (first, last))
    place = zone(desk.sop.kantor.zona_waktu)
    return datetime(year, month, 1, tzinfo=place), datetime(to_year + to_month // 12, to_month % 12 + 1, 1, tzinfo=place)


def _groups(key: str, counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    """In the form's order, ``tidak diisi`` last, small groups joined."""
    shown = [(v, counts[v]) for v in ikm.PROFILE[key] if counts[v] >= SMALL_GROUP]
    small = sum(counts[v] for v in ikm.PROFILE[key] if 0 < counts[v] < SMALL_GROUP)
    if small:
        shown.append((f"lainnya (<{SMALL_GROUP})", small))
    if counts[""]:
        shown.append(("tidak diisi", counts[""]))
    return tuple(shown)


EXPORT_COLUMNS: tuple[str, ...] = ("No.", "Bulan", "Layanan", *(f"U{i} {ikm.UNSUR_NAMES[u]}" for i, u in enumerate(ikm.UNSUR, 1)))


def export_rows(desk: Desk, actor: Actor, period: str) -> tuple[tuple[str, ...], tuple[tuple[str | int, ...], ...]]:
    """(columns, rows) of the forms for a spreadsheet: month, service, nine scores; no profile, in shuffled order.

    Raises:
        NotAllowed, BadInput ``survey.period``.
    """
    require(actor, "export_reports")
    first, last = ikm.months_of(period)
    found = desk.register.read(lambda v: [(a.month, a.layanan, a.scores) for a in v.surveys(first, last)])
    random.SystemRandom().shuffle(found)
    found.sort(key=lambda x: x[0])
    return EXPORT_COLUMNS, tuple((i, month, layanan, *scores) for i, (month, layanan, scores) in enumerate(found, 1))
