"""Kurir USB: which disks there are, what would go, what went and what came back, in words. Qt-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ktpel_kiosk.desk import courier
from ktpel_kiosk.desk.courier import Exported, Waiting
from ktpel_kiosk.desk.courier_back import Imported
from ktpel_kiosk.domain.courier import CourierBundle, Disk
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.presenters.register import size_text
from ktpel_kiosk.ui.presenters.session import Session

Figure = tuple[str, str, str, str]
SPARE = 2_000_000
"""Bytes of a disk that do not go to packets."""
PER_PACKET = 64 * 1024
SHOWN_REFUSALS = 100


@dataclass(frozen=True, slots=True)
class DiskRow:
    """``note``: whether it can be written to."""

    path: str
    name: str
    free: str
    size: str
    note: str
    tone: str
    usable: bool
    free_bytes: int = -1


@dataclass(frozen=True, slots=True)
class OutView:
    figures: tuple[Figure, ...]
    waiting: Waiting
    disks: tuple[DiskRow, ...]


@dataclass(frozen=True, slots=True)
class OutDone:
    """``steps``: what to do now, in order. ``notes``: what stayed behind. ``left``: how many packets need another disk."""

    title: str
    steps: tuple[str, ...]
    notes: tuple[str, ...]
    left: int
    bundle_id: str


@dataclass(frozen=True, slots=True)
class BackDone:
    """``kind``: tone of the verdict. ``refused``: (name on the disk, why), one line each."""

    kind: str
    title: str
    text: str
    figures: tuple[Figure, ...]
    refused: tuple[tuple[str, str], ...]

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """As many as a person reads; the audit has them all."""
        if len(self.refused) <= SHOWN_REFUSALS:
            return self.refused
        more = number_text(len(self.refused) - SHOWN_REFUSALS)
        return (*self.refused[:SHOWN_REFUSALS], (f"dan {more} lainnya", "Semuanya tercatat dalam audit."))


@dataclass(frozen=True, slots=True)
class HistoryRow:
    id: str
    when: str
    label: str
    officer: str
    content: str
    back: str
    tone: str


class CourierPresenter:
    """``load``, ``history``, ``export`` and ``take_back`` on a worker; ``done`` and ``planned`` may be read meanwhile."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.done = self.planned = 0

    def may(self) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS["courier"])

    def load(self) -> OutView:
        desk, actor = self.session.desk, self.session.actor
        waits = courier.waiting(desk, actor)
        figures = (
            ("Menunggu dikirim", number_text(waits.packets), size_text(waits.bytes) if waits.packets else "tidak ada",
             "muted" if waits.packets else "good"),
            ("Sudah ada di USB lain", number_text(waits.carried), "menunggu kembali" if waits.carried else "", "muted"),
            ("Perlu tindakan dulu", number_text(waits.aside), "tetap di sini" if waits.aside else "tidak ada",
             "attention" if waits.aside else "muted"),
        )
        return OutView(figures, waits, self.disk_rows(courier.disks(desk, actor)))

    def disk_rows(self, disks: Sequence[Disk]) -> tuple[DiskRow, ...]:
        return tuple(_disk_row(d) for d in disks)

    def disks(self) -> tuple[DiskRow, ...]:
        return self.disk_rows(courier.disks(self.session.desk, self.session.actor))

    def fits(self, waits: Waiting, free_bytes: int, *, only_new: bool) -> tuple[str, str]:
        """(tone, sentence): whether everything fits on a disk with so much room; ``free_bytes`` -1 when not known."""
        packets = waits.packets - (waits.carried if only_new else 0)
        size = waits.bytes - (waits.carried_bytes if only_new else 0)
        if not packets:
            return "muted", "Tidak ada paket yang perlu dibawa."
        need = size + packets * PER_PACKET + SPARE
        what = f"{number_text(packets)} paket ({size_text(size)})"
        if free_bytes < 0:
            return "muted", f"{what} akan ditulis, yang tertua lebih dulu, sebanyak yang muat."
        if need <= free_bytes:
            return "good", f"Semua {what} muat di USB ini."
        some = max(0, (free_bytes - SPARE) * packets // (size + packets * PER_PACKET))
        if not some:
            return "trouble", f"USB ini penuh; perlu {size_text(need)}. Kosongkan atau pakai USB lain."
        return "attention", (f"Kira-kira {number_text(some)} dari {number_text(packets)} paket muat, yang tertua lebih dulu. "
                             "Sisanya di USB lain.")

    def export(self, root: str, *, only_new: bool, besides: frozenset[str]) -> OutDone:
        """Raises what :func:`ktpel_kiosk.desk.courier.export_bundle` raises."""
        self.done = self.planned = 0
        made = courier.export_bundle(self.session.desk, self.session.actor, Path(root), only_new=only_new, besides=besides,
                                     on_progress=self._progress)
        return self.told(made)

    def _progress(self, done: int, planned: int) -> None:
        self.done, self.planned = done, planned

    def told(self, made: Exported) -> OutDone:
        steps = (
            "Keluarkan USB lewat tombol keluarkan (eject) komputer ini, baru dicabut.",
            "Bawa ke komputer yang tersambung jaringan dan terpasang program ini. Cara mengirim tertulis di README.txt pada USB.",
            "Bawa USB kembali ke sini dan pilih Baca kembali. Paket tetap dalam antrean sampai tanda terimanya ada.",
        )
        notes = []
        if made.left:
            notes.append(f"{number_text(made.left)} paket ({size_text(made.left_bytes)}) belum muat. Pasang USB lain, lalu lanjutkan.")
        if made.damaged:
            notes.append(f"{number_text(len(made.damaged))} berkas paket rusak di komputer ini dan tidak disalin. Lihat Antrean.")
        count = f"{number_text(made.bundle.packets)} paket ({size_text(made.bundle.bytes)})"
        return OutDone(f"{count} sudah ada di USB.", steps, tuple(notes), made.left, made.bundle.id)

    def take_back(self, root: str) -> BackDone:
        """Raises what :func:`ktpel_kiosk.desk.courier.import_bundles` raises."""
        self.done = self.planned = 0
        found = courier.import_bundles(self.session.desk, self.session.actor, Path(root), on_progress=lambda done: self._progress(done, 0))
        return self.back_told(found)

    def back_told(self, found: Sequence[Imported]) -> BackDone:
        receipts, had = sum(x.receipts for x in found), sum(x.receipts_had for x in found)
        statuses, known = sum(x.statuses for x in found), sum(x.statuses_had for x in found)
        sentence = self.session.desk.sentences.text
        refused = tuple((r.entry if len(found) == 1 else f"{x.label}/{r.entry}", sentence(r.key)) for x in found for r in x.refused)
        figures = (
            ("Tanda terima baru", number_text(receipts), f"{number_text(had)} sudah ada" if had else "", "good" if receipts else "muted"),
            ("Status baru", number_text(statuses), f"{number_text(known)} sudah ada" if known else "", "good" if statuses else "muted"),
            ("Tidak dipakai", number_text(len(refused)), "lihat di bawah" if refused else "tidak ada", "attention" if refused else "muted"),
        )
        kind, title, text = _verdict(receipts, statuses, had + known, len(refused))
        return BackDone(kind, title, text, figures, refused)

    def history(self) -> tuple[HistoryRow, ...]:
        return tuple(self._history_row(b) for b in courier.bundles(self.session.desk, self.session.actor))

    def _history_row(self, b: CourierBundle) -> HistoryRow:
        local = self.session.local(b.at)
        when = f"{local:%d-%m-%Y} {self.session.time(b.at)}"
        content = f"{number_text(b.packets)} paket"
        if b.imported_at is None:
            return HistoryRow(b.id, when, _short(b.label), b.officer, content, "belum kembali", "attention")
        back = f"{number_text(b.receipts)} tanda terima, {number_text(b.statuses)} status"
        return HistoryRow(b.id, when, _short(b.label), b.officer, content, back, "good" if b.receipts >= b.packets else "neutral")


def _short(label: str) -> str:
    """The folder's name without what all of them begin with."""
    return label.removeprefix("ktpel-kurir-")


def _verdict(receipts: int, statuses: int, known: int, refused: int) -> tuple[str, str, str]:
    rest = "Yang tidak dipakai tercantum di bawah dengan sebabnya; yang lain sudah dicatat." if refused else ""
    if receipts or statuses:
        return ("info" if refused else "good", "Sudah dibaca.", rest or "Semua tanda terima dan status di USB ini sah dan sudah dicatat.")
    if known and not refused:
        return "info", "Tidak ada yang baru.", "Semua isi USB ini sudah dicatat sebelumnya."
    if refused:
        return "attention", "Tidak ada yang baru.", "Yang tidak dipakai tercantum di bawah dengan sebabnya."
    return "info", "Belum ada tanda terima di USB ini.", "Mungkin bundel belum dikirim dari komputer yang tersambung."


def _disk_row(d: Disk) -> DiskRow:
    note, tone = ("siap", "good") if d.writable else ("terkunci tulis", "trouble")
    return DiskRow(d.path, d.label, disk_text(d.free_bytes), disk_text(d.total_bytes), note, tone, d.writable, d.free_bytes)


def disk_text(size: int) -> str:
    """``14,2 GB``, or as packets are told below a gigabyte."""
    return f"{number_text(size / 1_000_000_000, 1)} GB" if size >= 1_000_000_000 else size_text(size)
