"""Pengaturan: office, SOP with its findings, officers, the blangko ledger. Qt-free."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ktpel_kiosk.desk import printing, slips, users
from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.passwords import password_problem, user_name
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.sop_check import WARN, check_sop
from ktpel_kiosk.domain.text import hours_text, minutes_text, number_text
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

ROLES: tuple[Peran, ...] = tuple(Peran)
MAX_SERIALS = 5000
_SERIAL = re.compile(r"([A-Za-z0-9/.\-]*?)(\d+)")


@dataclass(frozen=True, slots=True)
class SopStep:
    """One printed step as the table shows it."""

    number: str
    title: str
    activity: str
    roles: str
    time: str
    stages: str


@dataclass(frozen=True, slots=True)
class SopView:
    title: str
    facts: tuple[tuple[str, str], ...]
    steps: tuple[SopStep, ...]
    findings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class UserRow:
    username: str
    name: str
    position: str
    roles: str
    state: str
    tone: str
    nip: str = ""
    peran: tuple[Peran, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class Ledger:
    """The blangko balance as figures (title, value, detail, tone) and one sentence on it."""

    figures: tuple[tuple[str, str, str, str], ...]
    sentence: str
    tone: str


class SettingsPresenter:
    """Methods that touch the register: on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    # -- office and SOP -----------------------------------------------------------------------------------------------

    def letterhead(self) -> tuple[str, ...]:
        return self.session.desk.sop.kantor.kop

    def address(self) -> str:
        k = self.session.desk.sop.kantor
        contact = " · ".join(x for x in (f"Telepon {k.telepon}" if k.telepon else "", k.email, k.situs) if x)
        return "\n".join(x for x in (k.alamat, contact) if x)

    def office(self) -> tuple[tuple[str, str], ...]:
        k = self.session.desk.sop.kantor
        sign = ", ".join(x for x in (k.penandatangan_nama, f"NIP {k.penandatangan_nip}" if k.penandatangan_nip else "") if x)
        return (
            ("Kantor", k.nama), ("Wilayah", f"{k.kecamatan or k.kabupaten}, {k.provinsi} ({k.kode_wilayah})".title()),
            ("Jam layanan", hours_text(k.jam_buka, k.jam_tutup, k.zona_waktu)), ("Stasiun", self.session.desk.station),
            ("Buku register", k.buku_register), ("Bentuk nomor", k.format_nomor),
            ("Penanda tangan", k.penandatangan_jabatan or "–"), ("", sign or "Nama belum diisi dalam SOP"),
            ("Pengaduan", "\n".join(k.pengaduan) or "–"), ("Kontak data pribadi", k.dpo_kontak or "–"),
        )

    def sop(self) -> SopView:
        s = self.session.desk.sop
        value = s.mutu.nilai
        standard = "–" if value is None else f"{number_text(value)} {'hari kerja' if s.mutu.jenis == 'hari_kerja' else 'menit'}"
        rows = tuple(SopStep(
            str(x.nomor), x.judul, x.kegiatan, ", ".join(sorted(word("peran", r) for r in s.peran_of(x))) or "Pemohon atau sistem",
            minutes_text(x.limit_s), " → ".join(word("stage", t) for t in x.stages) or "tidak dipetakan") for x in s.langkah)
        facts = (
            ("Dokumen", f"{s.jenis_dokumen or 'SOP'} {s.nomor}".strip()), ("Tanggal", s.tanggal or "–"),
            ("Disahkan", s.disahkan_oleh or "–"),
            ("Mutu baku", f"{standard}, jumlah langkah {minutes_text(s.total_s())}" if s.total_s() else standard),
            ("Berakhir dengan", "kartu diserahkan" if s.akhir == "kartu" else "surat diserahkan"),
            ("Sidik SOP", f"{s.digest[:12]}…" if s.digest else "–"),
        )
        found = tuple(("attention" if f.level == WARN else "info", f.text) for f in check_sop(s))
        return SopView(s.judul, facts, rows, found)

    # -- officers -----------------------------------------------------------------------------------------------------

    def users(self) -> tuple[UserRow, ...]:
        """All accounts by name. Raises NotAllowed for whoever does not look after them."""
        found = users.users(self.session.desk, self.session.actor)
        return tuple(self._user(u) for u in sorted(found, key=lambda u: (not u.active, u.nama)))

    def _user(self, u: UserAccount) -> UserRow:
        locked = users.waits(self.session.desk, u)
        state, tone = ("tidak aktif", "neutral") if not u.active else ("terkunci sementara", "attention") if locked else ("aktif", "good")
        return UserRow(u.username, u.nama, u.jabatan, ", ".join(word("peran", r) for r in u.peran), state, tone, u.nip, u.peran, u.active)

    def add_user(self, username: str, nama: str, jabatan: str, nip: str, peran: tuple[Peran, ...], password: str) -> str:
        """Returns the name kept. Raises BadInput, NotAllowed."""
        users.save_user(self.session.desk, self.session.actor, username, nama.strip(), peran, password, nip=nip, jabatan=jabatan)
        return nama.strip()

    def change_user(self, username: str, nama: str, jabatan: str, nip: str, peran: tuple[Peran, ...], password: str = "") -> str:
        """Name, position, roles; with ``password`` the admin's reset as well. Returns the name kept. Raises BadInput, NotAllowed."""
        desk, actor = self.session.desk, self.session.actor
        users.change_user(desk, actor, username, nama.strip(), peran, nip=nip, jabatan=jabatan)
        if password:
            users.reset_password(desk, actor, username, password)
        return nama.strip()

    def set_active(self, username: str, active: bool) -> None:
        users.set_active(self.session.desk, self.session.actor, username, active)

    def change_own(self, old: str, new: str) -> None:
        """Raises SignInRefused when the old password is wrong, BadInput."""
        users.change_own_password(self.session.desk, self.session.actor, old, new)

    def password_length(self) -> int:
        return users.password_length(self.session.desk)

    def user_problems(self, username: str, nama: str, peran: tuple[Peran, ...], password: str, again: str) -> dict[str, str]:
        """Sentence per wrong field of a new account, before anything is stored."""
        return self.account_problems(None, username, nama, peran, password, again, secret=True)

    def account_problems(self, user: UserRow | None, username: str, nama: str, peran: tuple[Peran, ...], password: str, again: str, *,
                         secret: bool) -> dict[str, str]:
        """Sentence per wrong field; ``user`` is the account that is changed, ``secret`` whether a password was asked for."""
        found: dict[str, str] = {}
        name = user.username if user else username.strip().lower()
        if user is None:
            try:
                user_name(name)
            except BadInput:
                found["username"] = "Huruf kecil, angka dan garis bawah, diawali huruf; paling panjang 32."
            else:
                if self.session.desk.register.read(lambda v: v.user(name)) is not None:
                    found["username"] = "Nama ini sudah dipakai."
        if not nama.strip():
            found["nama"] = "Nama petugas belum diisi."
        if not peran:
            found["peran"] = "Pilih paling sedikit satu peran."
        if secret:
            found |= self._secret_problems(name, "password", password, again)
        return found

    def secret_problems(self, old: str, new: str, again: str) -> dict[str, str]:
        """Sentence per wrong field of the own change."""
        if not old:
            return {"old": "Ketik kata sandi yang sekarang."}
        if old == new:
            return {"new": self.session.desk.sentences.text("user.password_same")}
        return self._secret_problems(self.session.actor.username, "new", new, again)

    def _secret_problems(self, username: str, field: str, password: str, again: str) -> dict[str, str]:
        desk = self.session.desk
        problem = password_problem(username, password, length=users.password_length(desk), common=not desk.specimen)
        if problem:
            return {field: desk.sentences.text(f"user.{problem}", limit=users.password_length(desk))}
        return {"again": "Kata sandi kedua tidak sama."} if password != again else {}

    # -- slips --------------------------------------------------------------------------------------------------------

    def slip_medium(self) -> str:
        return self.session.desk.register.read(slips.slip_medium)

    def choose_slip_medium(self, medium: str) -> str:
        """Raises NotAllowed, BadInput."""
        slips.choose_medium(self.session.desk, self.session.actor, medium)
        return medium

    # -- blangko ------------------------------------------------------------------------------------------------------

    def ledger(self) -> Ledger:
        b = self.session.desk.register.read(lambda v: v.blangko_balance())
        low = b.stok < 20
        figures = (
            ("Masuk", number_text(b.masuk), "dari BAST", "muted"),
            ("Stok", number_text(b.stok), "hampir habis" if low else "siap pakai",
             "trouble" if not b.stok else "attention" if low else "good"),
            ("Sedang dipakai", number_text(b.dipakai), "", "muted"), ("Jadi kartu", number_text(b.baik), "", "muted"),
            ("Rusak", number_text(b.rusak), "", "muted"), ("Dikembalikan", number_text(b.dikembalikan), "", "muted"),
        )
        if b.balanced:
            return Ledger(figures, "Buku blangko seimbang: yang masuk sama dengan yang tersisa, terpakai, rusak dan dikembalikan.", "good")
        return Ledger(figures, "Buku blangko tidak seimbang. Hitung blangko di laci dan hubungi supervisor sebelum mencetak lagi.",
                      "trouble")

    @staticmethod
    def serials(first: str, last: str) -> list[str]:
        """Every serial from ``first`` to ``last`` (same prefix, digits counted up).

        Raises:
            BadInput: ``blangko.serials`` when that is no range.
        """
        a, b = _SERIAL.fullmatch(first.strip()), _SERIAL.fullmatch((last or first).strip())
        if a is None or b is None or a[1] != b[1] or len(a[2]) != len(b[2]):
            raise BadInput("blangko.serials", count=0)
        low, high, width = int(a[2]), int(b[2]), len(a[2])
        if high < low or high - low >= MAX_SERIALS:
            raise BadInput("blangko.serials", count=max(0, high - low + 1))
        return [f"{a[1]}{n:0{width}d}" for n in range(low, high + 1)]

    def receive(self, batch: str, first: str, last: str) -> int:
        """Take blanks into the ledger; returns how many. Raises BadInput, NotAllowed."""
        return printing.receive_blangko(self.session.desk, self.session.actor, self.serials(first, last), batch.strip())
