"""Two records whose fingers look alike, side by side, in the words of the screen. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk import duplicates
from ktpel_kiosk.desk.duplicates import Side
from ktpel_kiosk.domain.ganda import DuplicateCheck, DuplicateHit, Putusan
from ktpel_kiosk.domain.penduduk import JenisKelamin
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_long, mask_nik
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word


@dataclass(frozen=True, slots=True)
class AlikeSide:
    """One record. ``rows``: (what, value); ``same``: names of rows that say the same as the new record's; ``fingers`` in words."""

    rows: tuple[tuple[str, str], ...]
    portrait: bytes
    same: frozenset[str] = frozenset()
    fingers: str = ""


@dataclass(frozen=True, slots=True)
class AlikeView:
    """``others`` most alike first. Only who may judge gets to see one."""

    check_id: str
    compared: str
    new: AlikeSide
    others: tuple[AlikeSide, ...]


class AlikePresenter:
    """Methods touch the register: call them on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def open(self, permohonan_id: str) -> AlikeView | None:
        """``None`` when it was decided meanwhile, or when this officer may not look."""
        desk, actor = self.session.desk, self.session.actor
        check = duplicates.open_check(desk, permohonan_id)
        if check is None or not actor.peran & PERMISSIONS["resolve_duplicate"]:
            return None
        both = duplicates.side_by_side(desk, actor, check.id)
        new = self._side(both.new)
        others = tuple(self._other(hit, side, new) for hit, side in both.hits)
        return AlikeView(check.id, f"Dibandingkan dengan {check.people} orang yang direkam di kantor ini.", new, others)

    def _side(self, side: Side) -> AlikeSide:
        p, who = side.permohonan, side.permohonan.penduduk
        sex = "Laki-laki" if who.jenis_kelamin is JenisKelamin.LAKI_LAKI else "Perempuan"
        born = f"{who.tempat_lahir}, {date_long(who.tanggal_lahir)}"
        rows = (
            ("Nama", who.nama), ("NIK", mask_nik(who.nik)), ("Lahir", born), ("Jenis kelamin", sex),
            ("Alamat", f"{who.alamat}, {who.desa}"), ("Nomor", p.nomor_register or "Belum bernomor"),
            ("Layanan", word("layanan", p.layanan)), ("Diterima", self.session.when(p.created_at)),
            ("Direkam oleh", side.recorded_by or "—"),
        )
        return AlikeSide(rows, side.portrait)

    def _other(self, hit: DuplicateHit, side: Side, new: AlikeSide) -> AlikeSide:
        made = self._side(side)
        telling = {"Nama", "Lahir", "Alamat"}
        same = frozenset(name for name, value in made.rows if name in telling and (name, value) in new.rows)
        fingers = ", ".join(
            word("posisi", f.position).lower() + ("" if f.position is f.found else f" (dengan {word('posisi', f.found).lower()})")
            for f in hit.fingers)
        return AlikeSide(made.rows, made.portrait, same, fingers)

    def decide(self, check_id: str, decision: str, reason: str) -> DuplicateCheck:
        return duplicates.decide(self.session.desk, self.session.actor, check_id, Putusan(decision), reason)
