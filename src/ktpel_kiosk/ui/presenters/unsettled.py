"""Cards whose outcome is not known: the question in words, what the device said, the answers. Qt-free."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ktpel_kiosk.desk import reconcile
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.ui.presenters.session import Session, number_short

HINTS = {
    "printed": "Printer melaporkan kartu selesai dicetak.", "failed": "Printer melaporkan cetakan gagal.",
    "pending": "Kartu masih menunggu di antrean printer.", "printing": "Printer sedang mencetak kartu ini.",
    "never": "Printer tidak pernah menerima kartu ini.", "forgotten": "Printer sudah tidak ingat kartu ini; lihat kartunya.",
    "unsure": "Printer tidak tahu apa yang terjadi; lihat kartunya.", "silent": "Printer tidak dapat ditanya; lihat kartunya.",
    "station": "Kartu menunggu di dalam printer, belum dicetak.",
    "written": "Chip di pembaca sudah terisi lengkap.", "empty": "Chip di pembaca belum terisi.",
    "other": "Kartu di pembaca bukan kartu ini.", "no_card": "Letakkan kartunya di pembaca.",
    "no_reader": "Pembaca kartu tidak menjawab; lihat kartunya.",
}
ANSWERS: dict[str, str] = {
    "printed": "Kartu ada dan baik", "not_printed": "Tidak tercetak", "spoiled": "Kartu rusak", "cancel": "Keluarkan dari antrean",
    "resume": "Lanjutkan",
}


@dataclass(frozen=True, slots=True)
class Question:
    """``answers``: the verdicts this state allows, the likely one first; ``second``: those another officer signs."""

    job_id: str
    permohonan_id: str
    title: str
    text: str
    answers: tuple[str, ...]
    second: frozenset[str] = frozenset({"spoiled"})


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
        chip = q.job.state is JobState.ENCODING and not q.job.at_station
        what = "penulisan chip belum dipastikan" if chip else "belum dipastikan tercetak"
        text = f"Blangko {q.job.blangko} {what}. {HINTS[q.hint]}"
        if q.trouble:
            text += f" {self.session.sentence(DeviceTrouble(q.trouble, device_kind='card_printer'))}"
        return Question(q.job.id, p.id, f"{number_short(p.nomor_register)} {p.penduduk.nama}", text, q.answers, q.second)

    def answer(self, job_id: str, verdict: str, username: str = "", password: str = "") -> str:
        """Returns the sentence that says what was recorded; some answers need a second person.

        Raises NotAllowed, BadInput, SignInRefused.
        """
        job = reconcile.answer(self.session.desk, self.session.actor, job_id, verdict, second_username=username, second_password=password)
        return {
            JobState.PRINTED: "Kartu tercatat tercetak. Lanjutkan dengan menulis chip.", JobState.CONFIRMED: "Kartu tercatat jadi.",
            JobState.CANCELLED: f"Blangko {job.blangko} kembali ke stok.", JobState.SPOILED: f"Blangko {job.blangko} tercatat rusak.",
            JobState.SENT: "Kartu dikirim ke printer.", JobState.UNKNOWN: "Cetakan dihentikan. Lihat kartunya, lalu jawab lagi.",
        }.get(job.state, "Jawaban tercatat.")
