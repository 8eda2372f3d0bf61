"""Settings of recording quality: least scores, tries, the rule, what may be done. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ktpel_kiosk.desk import capture_rules as rules_of_office
from ktpel_kiosk.domain import capture_rules
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.capture_rules import POSITIONS, CaptureRules, Limit
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word


@dataclass(frozen=True, slots=True)
class RulesForm:
    """As typed: position -> (least score, tries); ``best_of`` a value of ``BestOf``."""

    limits: Mapping[Position, tuple[str, str]]
    best_of: str
    ganti_latar: bool
    cari_ganda: bool
    tanpa_nfiq2: bool
    simpan_hari: str = "30"


class RulesPresenter:
    """``load`` and ``save`` on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["change_settings"])

    def load(self) -> RulesForm:
        return form_of(rules_of_office.current(self.session.desk))

    def usual(self) -> RulesForm:
        """BSI's values."""
        return form_of(CaptureRules())

    def save(self, form: RulesForm) -> RulesForm:
        """Raises NotAllowed, BadInput ``rules.*`` naming the field. Nothing is written when nothing changed."""
        desk, before = self.session.desk, rules_of_office.current(self.session.desk)
        limits = {p: Limit(capture_rules.number(least, "rules.minimum", p), capture_rules.number(tries, "rules.tries", p))
                  for p, (least, tries) in form.limits.items()}
        now = CaptureRules(best_of=capture_rules.best_of(form.best_of), ganti_latar=form.ganti_latar, cari_ganda=form.cari_ganda,
                           tanpa_nfiq2=form.tanpa_nfiq2, simpan_hari=capture_rules.days(form.simpan_hari)).with_limits(limits)
        if capture_rules.differences(before, now):
            rules_of_office.change(desk, self.session.actor, now)
        return form_of(now)


def form_of(rules: CaptureRules) -> RulesForm:
    return RulesForm({p: (str(rules.minimum(p)), str(rules.tries(p))) for p in POSITIONS}, rules.best_of.value, rules.ganti_latar,
                     rules.cari_ganda, rules.tanpa_nfiq2, str(rules.simpan_hari))


def rule_choices() -> tuple[tuple[str, str], ...]:
    return tuple((b.value, word("aturan_hasil", b)) for b in capture_rules.BestOf)
