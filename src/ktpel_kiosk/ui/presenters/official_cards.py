"""Cetak at a desk that makes no cards: what the official machine made, in the words of the page. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import official_card
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.presenters.cards import PrintView
from ktpel_kiosk.ui.presenters.session import Session


@dataclass(frozen=True, slots=True)
class ReadCard:
    """The finished card as the reader shows it; ``uid`` hex, ``shown`` the same in groups, ``photo_png`` for the screen only."""

    uid: str
    shown: str
    photo_png: bytes


class OfficialCardPresenter:
    """Every method that asks the desk blocks: call on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def blank(self, pid: str, serial: str) -> str:
        """The serial as the stock writes it. Raises when this office cannot use such a blank."""
        return official_card.blank_in_stock(self.session.desk, self.session.actor, pid, serial).serial

    def read(self, pid: str) -> ReadCard:
        found = official_card.read_card(self.session.desk, self.session.actor, pid)
        return ReadCard(found.uid, " ".join(found.uid[i:i + 2] for i in range(0, len(found.uid), 2)), found.photo_png)

    def record(self, pid: str, serial: str, looked_at: bool, uid: str) -> Permohonan:
        desk = self.session.desk
        official_card.record_made(desk, self.session.actor, pid, serial, looked_at=looked_at, chip_uid=uid)
        return desk.register.read(lambda v: v.permohonan(pid))

    def spoil(self, pid: str, serial: str, reason: str, second: tuple[str, str]) -> str:
        """Returns the serial that was written off."""
        return official_card.record_spoiled(self.session.desk, self.session.actor, pid, serial, reason, second_username=second[0],
                                            second_password=second[1]).blangko

    @staticmethod
    def stock(view: PrintView) -> str:
        if not view.next_blank:
            return ""
        return f"Berikutnya menurut buku: {view.next_blank}. Sisa {number_text(view.blangko.stok)} blangko."

    @staticmethod
    def made(p: Permohonan) -> str:
        """Where the application goes now."""
        tahap = p.current()
        ready = "diaktivasi" if tahap is not None and tahap.stage is Stage.AKTIVASI else "diserahkan"
        return f"{p.nomor_register} siap {ready}."
