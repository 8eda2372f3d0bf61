"""Work lists of the pages and the dossier of one application, in the words of the screens. Qt-free."""

from __future__ import annotations

from ktpel_kiosk.desk import queries
from ktpel_kiosk.desk.access import require_stage, stage_roles
from ktpel_kiosk.desk.progress import open_work, pause_work
from ktpel_kiosk.domain import codes
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, TahapState
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.text import date_long
from ktpel_kiosk.ports.register import ListItem
from ktpel_kiosk.ui.presenters.session import Session, brief, clock_text, number_short
from ktpel_kiosk.ui.words import word


class WorkPresenter:
    """What waits at given stages, and opening it."""

    def __init__(self, session: Session, *stages: Stage) -> None:
        self.session, self.stages = session, stages

    def items(self) -> tuple[tuple[str, str, str, str, str], ...]:
        """(id, title, detail, chip, tone) oldest first."""
        now = self.session.now()
        return tuple((i.id, i.nama, self._detail(i), *self._chip(i, now))
                     for i in queries.at_stages(self.session.desk, *self.stages))

    def _detail(self, i: ListItem) -> str:
        return f"{number_short(i.nomor_register)} · {word('layanan', i.layanan)} · {word('stage', i.stage)}"

    def _chip(self, i: ListItem, now: object) -> tuple[str, str]:
        at = self.session.now()
        if i.tahap_state == "jeda":
            return word("jeda", i.pause_reason or "ditunda"), "neutral"
        used = i.active_s + ((at - i.running_since).total_seconds() if i.running_since else 0.0)
        if i.running_since is None:
            return brief((at - i.updated_at).total_seconds()), "neutral"
        return clock_text(used), "trouble" if i.limit_s and used > i.limit_s else "accent"

    def open(self, permohonan_id: str) -> queries.Dossier:
        """Start the clock (where this officer may) and read everything of it."""
        s = self.session
        p = s.desk.register.read(lambda v: v.permohonan(permohonan_id))
        if self.may_act(p):
            open_work(s.desk, s.actor, permohonan_id)
        return queries.dossier(s.desk, permohonan_id, check=True)

    def read(self, permohonan_id: str) -> queries.Dossier:
        return queries.dossier(self.session.desk, permohonan_id)

    def may_act(self, p: Permohonan) -> bool:
        tahap = p.current()
        return tahap is not None and bool(self.session.actor.peran & stage_roles(self.session.desk.sop_of(p.sop_digest), tahap))

    def check_mine(self, permohonan_id: str, actor: Actor) -> None:
        """Before anything is opened for an applicant who waits at one of these stages. ``actor``: who asked; the desk may be locked by now.

        Raises:
            NotAllowed: the step belongs to another role. Applications that stand elsewhere pass: their page tells where.
        """
        p = self.session.desk.register.read(lambda v: v.permohonan(permohonan_id))
        tahap = p.current()
        if tahap is not None and tahap.stage in self.stages and p.keadaan is Keadaan.BERJALAN:
            require_stage(self.session.desk, actor, p, *self.stages)

    def who_may(self, p: Permohonan) -> str:
        """Names of the roles the current step belongs to."""
        tahap = p.current()
        if tahap is None:
            return ""
        roles = stage_roles(self.session.desk.sop_of(p.sop_digest), tahap)
        return " atau ".join(sorted(word("peran", r) for r in roles))

    def paused(self, permohonan_id: str) -> str:
        """Why and how long its clock stood still; empty when it runs or never began. Ask before :meth:`open` lets it run again."""
        tahap = self.session.desk.register.read(lambda v: v.permohonan(permohonan_id)).current()
        if tahap is None or tahap.state is not TahapState.JEDA or tahap.paused_since is None:
            return ""
        return f"{word('jeda', tahap.pause_reason)}, {brief((self.session.now() - tahap.paused_since).total_seconds())}"

    def put_off(self, permohonan_id: str, reason: str = "ditunda") -> Permohonan:
        """Stop the clock with a reason; opening the application lets it run again."""
        return pause_work(self.session.desk, self.session.actor, permohonan_id, reason)


def biodata_rows(p: Penduduk) -> tuple[tuple[str, str, str], ...]:
    """(field names joined by +, label, value) as the applicant reads them."""
    sex = "Laki-laki" if p.jenis_kelamin is JenisKelamin.LAKI_LAKI else "Perempuan"
    blood = codes.card_text("golongan_darah", p.golongan_darah)
    return (
        ("nama", "Nama", p.nama), ("nik", "NIK", " ".join((p.nik[:4], p.nik[4:8], p.nik[8:12], p.nik[12:]))),
        ("tempat_lahir+tanggal_lahir", "Tempat, tanggal lahir", f"{p.tempat_lahir.title()}, {date_long(p.tanggal_lahir)}"),
        ("jenis_kelamin", "Jenis kelamin", sex),
        ("golongan_darah", "Golongan darah", "Tidak tahu" if blood == "-" else blood),
        ("agama", codes.religion_label(p.agama), codes.text("agama", p.agama).capitalize()),
        ("alamat+rt+rw", "Alamat", f"{p.alamat.title()}, RT {p.rt} / RW {p.rw}"),
        ("desa+kecamatan", "Desa, kecamatan", f"{p.desa.title()}, {p.kecamatan.title()}"),
        ("status_perkawinan", "Status perkawinan", codes.text("status_perkawinan", p.status_perkawinan).capitalize()),
        ("pekerjaan", "Pekerjaan", codes.text("pekerjaan", p.pekerjaan).title()),
        ("kewarganegaraan", "Kewarganegaraan", p.kewarganegaraan), ("berlaku_hingga", "Berlaku hingga", p.berlaku_hingga.title()),
    )
