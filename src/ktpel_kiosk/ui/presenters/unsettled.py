"""Cards whose outcome is not known: the question in words, what the device said, the three answers. Qt-free."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ktpel_kiosk.desk import reconcile
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.ui.presenters.session import Session, number_short

HINTS = {
    "printed": "Printer melaporkan kartu selesai dicetak.", "failed": "Printer melaporkan cetakan gagal.",
    "written": "Chip di pembaca sudah terisi lengkap.", "": "Perangkat tidak dapat memastikan; lihat kartunya.",
}
ANSWERS: dict[str, str] = {"printed": "Kartu ada dan baik", "not_printed": "Tidak tercetak", "spoiled": "Kartu rusak"}


@dataclass(frozen=True, slots=True)
class Question:
    """``answers``: the verdicts this state allows, the likely one first."""

    job_id: str
    permohonan_id: str
    title: str
    text: str
    answers: tuple[str, ...]


class UnsettledPresenter:
    """Asks the devices: on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may_answer(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["reconcile_card"])

    def load(self, own: Collection[str] = ()) -> tuple[Question, ...]:
        """Open questions; ``own`` are jobs this desk is working on right now and that are simply not finished."""
        found = [q for q in reconcile.open_questions(self.session.desk) if q.job.id not in own or q.job.state is JobState.UNKNOWN]
        return tuple(self._question(q) for q in found)

    def _question(self, q: reconcile.OpenQuestion) -> Question:
        p = self.session.desk.register.read(lambda v: v.permohonan(q.job.permohonan_id))
        what = "penulisan chip belum dipastikan" if q.job.state is JobState.ENCODING else "belum dipastikan tercetak"
        may_be_whole = q.job.state in (JobState.INTENT, JobState.UNKNOWN)
        answers = ("printed", "not_printed", "spoiled") if may_be_whole else ("printed", "spoiled")
        if may_be_whole and q.hint == "failed":
            answers = ("not_printed", "printed", "spoiled")
        return Question(q.job.id, p.id, f"{number_short(p.nomor_register)} {p.penduduk.nama}",
                        f"Blangko {q.job.blangko} {what}. {HINTS[q.hint]}", answers)

    def answer(self, job_id: str, verdict: str, username: str = "", password: str = "") -> str:
        """Returns the sentence that says what was recorded; ``spoiled`` needs a second person.

        Raises NotAllowed, BadInput, SignInRefused.
        """
        job = reconcile.answer(self.session.desk, self.session.actor, job_id, verdict, second_username=username, second_password=password)
        return {
            JobState.PRINTED: "Kartu tercatat tercetak. Lanjutkan dengan menulis chip.", JobState.CONFIRMED: "Kartu tercatat jadi.",
            JobState.CANCELLED: f"Blangko {job.blangko} kembali ke stok.", JobState.SPOILED: f"Blangko {job.blangko} tercatat rusak.",
        }.get(job.state, "Jawaban tercatat.")
