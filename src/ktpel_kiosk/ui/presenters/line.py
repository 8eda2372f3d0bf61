"""Pengaturan, Sambungan: the rules of the line as a form, and the check of the line in words. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import line_check, line_rules
from ktpel_kiosk.desk.line_check import LineCheck, Step
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.line import LineRules
from ktpel_kiosk.domain.outbox import WaitCause
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import number_text, time_text
from ktpel_kiosk.ui.presenters.queue_words import FIXERS, LINE, hours_words
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

FIELD_OF = {"line.proxy": "proksi", "line.proxy_password": "sandi", "line.ceiling": "batas", "line.hours": "mulai", "line.clock": "mulai"}
GOOD, BAD, UNSEEN = "good", "trouble", "neutral"
STATES = {GOOD: "baik", BAD: "di sini terhenti", UNSEEN: "belum sampai"}


@dataclass(frozen=True, slots=True)
class LineForm:
    """The rules as they are typed; ``password`` comes back as :data:`line_rules.HIDDEN` when one is kept."""

    proxy: str = ""
    user: str = ""
    password: str = ""
    ceiling: str = ""
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the check: what, in which state (``good trouble neutral``), and the word for the state."""

    name: str
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class CheckView:
    """Result of a check: chip, sentence, who can help, advice, steps, when it was."""

    chip: str
    tone: str
    sentence: str
    fixer: str
    advice: str
    steps: tuple[StepRow, ...]
    at: str


class LinePresenter:
    """``load``, ``save`` and ``check`` on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    def address(self) -> str:
        return self.session.desk.gateway_address() or "belum diatur"

    def load(self) -> LineForm:
        return form_of(line_rules.line_rules(self.session.desk))

    def problems(self, form: LineForm) -> dict[str, str]:
        """Sentences by field; empty when the form can be saved."""
        try:
            self._rules(form)
        except BadInput as error:
            return {self.field(error): self.session.sentence(error)}
        return {}

    @staticmethod
    def field(error: BadInput) -> str:
        return FIELD_OF.get(error.message_key, "")

    def save(self, form: LineForm) -> LineForm:
        """Raises NotAllowed, BadInput."""
        return form_of(line_rules.set_line_rules(self.session.desk, self.session.actor, self._rules(form)))

    @staticmethod
    def _rules(form: LineForm) -> LineRules:
        return LineRules(line_rules.proxy_url(form.proxy, form.user.strip(), form.password), line_rules.ceiling_of(form.ceiling),
                         line_rules.hours_of(form.start, form.end))

    def said(self, form: LineForm) -> str:
        """The rules in one sentence."""
        rules = self._rules(form)
        ceiling = rules.max_bytes_per_s
        speed = f"paling cepat {number_text(ceiling / 1000)} kB per detik" if ceiling else "tanpa batas kecepatan"
        through = f"lewat proksi {line_rules.proxy_host(rules.proxy)}" if rules.proxy else "langsung tanpa proksi"
        when = f"pukul {hours_words(rules.hours)}" if rules.hours else hours_words(None)
        return f"Paket dikirim {when}, {speed}, {through}."

    def check(self) -> CheckView:
        """Ask the centre and explain the answer. Raises NotAllowed."""
        found = line_check.check_line(self.session.desk, self.session.actor)
        proxied = bool(line_rules.line_rules(self.session.desk).proxy)
        return self._told(found, proxied)

    def _told(self, found: LineCheck, proxied: bool) -> CheckView:
        steps = tuple(StepRow(word("sambungan", s), tone, STATES[tone]) for s, tone in
                      ((s, GOOD if s in found.passed else BAD if s is found.failed else UNSEEN) for s in Step)
                      if s is not Step.PROXY or proxied or tone == BAD)
        at = f"Diperiksa pukul {time_text(self.session.local(self.session.now()))}"
        if found.failed is None:
            took = "kurang dari 1 detik" if found.took_s < 1 else f"{number_text(found.took_s, 1)} detik"
            return CheckView("Tersambung", GOOD, f"Server pusat menjawab dalam {took}. Paket dapat dikirim.", "", "", steps, at)
        tone, chip, text = LINE.get(found.cause, LINE[WaitCause.SERVER])
        known = self.session.desk.sentences.keys()
        sentence = self.session.desk.sentences.text(found.key, **dict(found.facts)) if found.key in known else text
        fixer, advice = FIXERS[found.cause]
        return CheckView(chip, BAD if tone == "trouble" else "attention", sentence, fixer, advice, steps, at)


def form_of(rules: LineRules) -> LineForm:
    address, user, secret = line_rules.proxy_parts(rules.proxy)
    return LineForm(
        address.removeprefix("http://"), user, line_rules.HIDDEN if secret else "",
        number_text(rules.max_bytes_per_s // 1000) if rules.max_bytes_per_s else "",
        time_text(rules.hours[0]) if rules.hours else "", time_text(rules.hours[1]) if rules.hours else "")
