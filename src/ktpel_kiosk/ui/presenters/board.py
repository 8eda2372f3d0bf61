"""Beranda: the board by step with clocks, the four figures, the counters of the navigation. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.desk import (
    away,
    complaints,
    followups,
    night_check,
    queries,
    room,
    sign_in_bound,
    station_care,
    status_tasks,
    subject_requests,
)
from ktpel_kiosk.desk.followups import TaskKind
from ktpel_kiosk.desk.station_care import Lack
from ktpel_kiosk.domain.certificates import Urgency, announced
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import stored_status
from ktpel_kiosk.domain.status_guide import guide
from ktpel_kiosk.domain.text import date_full, date_long, duration_words, hours_text, number_text, percent_text
from ktpel_kiosk.ports.night_check import Fault
from ktpel_kiosk.ports.register import ListItem, Query
from ktpel_kiosk.ui.presenters import alone
from ktpel_kiosk.ui.presenters.away import SECTION, words_of
from ktpel_kiosk.ui.presenters.queue_words import bytes_words
from ktpel_kiosk.ui.presenters.session import Session, brief, clock_text, number_short
from ktpel_kiosk.ui.words import word

PAGE_OF_STAGE: dict[str, str] = {
    Stage.TERIMA_BERKAS: "loket", Stage.AGENDA_REGISTER: "loket", Stage.VERIFIKASI: "verifikasi", Stage.VALIDASI: "verifikasi",
    Stage.REKAM: "perekaman", Stage.KIRIM: "perekaman", Stage.MENUNGGU_PRR: "antrean", Stage.CEK_CETAK: "cetak",
    Stage.CETAK_ENCODE: "cetak", Stage.AKTIVASI: "penyerahan", Stage.SERAH_LOKET: "penyerahan",
    Stage.SERAH_PEMOHON: "penyerahan", Stage.TERBIT_SURAT: "penyerahan", Stage.SERAH_SURAT: "penyerahan",
}
OF_COLUMN = frozenset({"menunggu_prr"})
"""Reasons that the head of the column says already."""
KEYS = (Lack.SEALING, Lack.SENDING, Lack.ADDRESS)
COPIES = (Lack.NO_PLACE, Lack.UNREACHABLE, Lack.NO_COPY, Lack.OLD_COPY, Lack.CODE, Lack.DRILL)
FOR_ALL = frozenset({*KEYS, Lack.NO_PLACE, Lack.UNREACHABLE, Lack.OLD_COPY})
"""What everybody at the desk should know; the rest only whoever can act."""
CERTIFICATE_TONES = {Urgency.EARLY: "info", Urgency.SOON: "attention", Urgency.LAST: "attention", Urgency.ENDED: "trouble"}


@dataclass(frozen=True, slots=True)
class CardView:
    """One application on the board. ``tone`` and ``chip`` is its clock or state, ``detail`` the words beside it."""

    id: str
    number: str
    service: str
    name: str
    chip: str
    tone: str
    detail: str
    page: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ColumnView:
    title: str
    count: int
    cards: tuple[CardView, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    title: str
    value: str
    detail: str
    tone: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One calm line of what needs somebody, and the way there."""

    tone: str
    bold: str
    text: str
    action: str
    page: str
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """What an empty board says instead. ``steps``: (words, icon, page, arguments), the first things to do in a new office."""

    icon: str
    title: str
    text: str
    steps: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class BoardView:
    greeting: str
    subtitle: str
    figures: tuple[Figure, ...]
    columns: tuple[ColumnView, ...]
    notices: tuple[Notice, ...] = ()
    start: Start | None = None


class BoardPresenter:
    """Builds the board; call :meth:`load` on a worker."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self) -> BoardView:
        s = self.session
        board, due = queries.board(s.desk, s.day_start()), followups.summary(s.desk)
        now = s.now()
        kantor = s.desk.sop.kantor
        first = s.actor.nama.split(",")[0].split()
        name = next((w for w in first if not w.endswith(".")), s.actor.username)
        subtitle = (f"{date_full(s.today())} · jam layanan {hours_text(kantor.jam_buka, kantor.jam_tutup)} · "
                    f"{number_text(board.today)} permohonan hari ini")
        columns = tuple(
            ColumnView(c.title, c.count, tuple(self._card(i, now) for i in c.items)) for c in board.columns
        )
        hello = f"{greeting(s.local(now).hour)}, {name.title()}"
        start = None if any(c.count for c in columns) else self._start(board)
        return BoardView(hello, subtitle, self._figures(board, now, due), columns, self._notices(due), start)

    def _start(self, board: queries.Board) -> Start:
        """Nothing waits anywhere: a new office is told how to begin, another that its work is done."""
        s = self.session
        if s.desk.register.read(lambda v: v.count(Query())):
            return Start("circle-check", "Tidak ada yang menunggu", "Semua permohonan sudah dilayani. Tekan F2 bila ada pemohon datang.")
        steps = [("Coba perangkat", "wrench", "pengaturan", (("section", "perangkat"),))]
        if s.desk.sop.akhir == "kartu" and not board.blangko.stok and s.actor.peran & PERMISSIONS["receive_blangko"]:
            steps.append(("Terima blangko", "credit-card", "pengaturan", (("section", "blangko"),)))
        steps.append(("Buka petunjuk", "book-open", "bantuan", (("about", "beranda"),)))
        return Start("inbox", "Kantor siap melayani",
                     "Belum ada permohonan. Tekan F2 untuk yang pertama; sesudah itu papan ini menunjukkan di langkah mana tiap "
                     "permohonan berada, dari loket sampai diambil.", tuple(steps))

    def _notices(self, due: Mapping[TaskKind, int]) -> tuple[Notice, ...]:
        """What did not come through: at most one line for the office's own queue and one for the centre; a certificate that ends."""
        found = status_tasks.alerts(self.session.desk, {str(k): n for k, n in due.items()})
        notices = []
        if found.unsent:
            notices.append(Notice(
                "attention", f"{number_text(found.unsent)} paket belum terkirim lebih dari 24 jam.",
                "Kiosk tetap mencoba sendiri; sebabnya ada di halaman Antrean.", "Buka antrean", "antrean"))
        held = [(found.trouble, "perlu tindakan"), (found.sfe_alarm, "di SFE lebih dari 7 hari"),
                (found.sfe_warn - found.sfe_alarm, "di SFE lebih dari 3 hari"), (found.silent, "tanpa kabar")]
        total = found.trouble + found.sfe_warn + found.silent
        if total:
            notices.append(Notice("attention", f"{number_text(total)} permohonan tertahan di pusat:",
                                  f"{', '.join(f'{number_text(n)} {what}' for n, what in held if n)}.", "Lihat tugasnya", "tugas",
                                  (("which", "pusat"),)))
        return (*self._returned(), *self._alone(), *self._checked(), *self._requests(), *self._room(), *self._certificate(),
                *self._station(), *notices)

    def _alone(self) -> tuple[Notice, ...]:
        """A week before officers can no longer sign in without the centre, and plainly once it is so."""
        s = self.session
        if not sign_in_bound.offered(s.desk):
            return ()
        found = sign_in_bound.bound(s.desk)
        if not (found.over or found.warns):
            return ()
        state = alone.state_of(found)
        may = sign_in_bound.may_pass(s.actor)
        return (Notice("trouble" if found.over else "attention", word("masuk_pusat_judul", state).format(sisa=alone.left_words(found)),
                       word("masuk_pusat_boleh" if may else "masuk_pusat_minta", state), "Perpanjang" if may else "Lihat", "pengaturan",
                       (("section", alone.SECTION),)),)

    def _returned(self) -> tuple[Notice, ...]:
        """A desk came back from working alone: for everybody, until a superior has read it."""
        s = self.session
        if not away.offered(s.desk) or away.alone(s.desk) or not s.actor.peran & PERMISSIONS["view_register"]:
            return ()
        told = away.returns(s.desk, s.actor)
        if not told:
            return ()
        tone, bold, text = words_of(told)
        return (Notice(tone, bold, text, "Lihat hasilnya", "pengaturan", (("section", SECTION),)),)

    def _requests(self) -> tuple[Notice, ...]:
        """Requests of data subjects past their 3 x 24 hours, or in their last day."""
        s = self.session
        if not s.actor.peran & PERMISSIONS["receive_subject_request"]:
            return ()
        late, soon = s.desk.register.read(lambda v: subject_requests.overdue(v, s.now()))
        if not late and not soon:
            return ()
        title = (f"{number_text(late)} permintaan pemilik data lewat 3 x 24 jam." if late
                 else f"{number_text(soon)} permintaan pemilik data berakhir dalam 24 jam.")
        return (Notice("trouble" if late else "attention", title, "Jawab sekarang; waktunya berjalan juga malam dan hari libur.",
                       "Lihat permintaan", "pengaduan", (("tab", "permintaan"),)),)

    def _checked(self) -> tuple[Notice, ...]:
        """The register is not what was written: for everybody, before anything else is recorded on it."""
        s = self.session
        found = night_check.standing(s.desk, s.actor) if station_care.offered(s.desk) else None
        if found is None or found.fault is Fault.NONE:
            return ()
        may = bool(s.actor.peran & PERMISSIONS["change_settings"])
        return (Notice("trouble", word("periksa_judul", found.fault), word("periksa_arti", found.fault),
                       "Buka cadangan" if may else "Lihat", "pengaturan", (("section", "cadangan"),)),)

    def _room(self) -> tuple[Notice, ...]:
        """Early that the disk will be full, and plainly once nobody new can be recorded."""
        found = room.left(self.session.desk, self.session.actor)
        if found.state is room.State.PLENTY:
            return ()
        tone = "trouble" if found.state is room.State.NONE else "attention"
        size = bytes_words(found.free_bytes)
        return (Notice(tone, word("ruang_judul", found.state).format(ruang=size),
                       word("ruang_kurang", found.state).format(jumlah=number_text(found.recordings)), "Lihat penyimpanan", "pengaturan",
                       (("section", "simpanan"),)),)

    def _station(self) -> tuple[Notice, ...]:
        """What a desk that serves people lacks of certificates, address and copies: the gravest of each, and the way to it."""
        s = self.session
        if not station_care.offered(s.desk):
            return ()
        may = bool(s.actor.peran & PERMISSIONS["change_settings"])
        lacks = [lack for lack in station_care.standing(s.desk, s.actor).lacks if may or lack in FOR_ALL]
        found = []
        for group, section, action in ((KEYS, "kunci", "Pasang"), (COPIES, "cadangan", "Buka cadangan")):
            for lack in [lack for lack in lacks if lack in group][:1]:
                found.append(Notice("attention", word("stasiun_judul", lack), word("stasiun_kurang", lack), action if may else "Lihat",
                                    "pengaturan", (("section", section),)))
        return tuple(found)

    def _certificate(self) -> tuple[Notice, ...]:
        """The one that ends first; the others are in Pengaturan."""
        s = self.session
        for end in announced(s.desk.certificate_ends(), s.now())[:1]:
            if end.urgency(s.now()) is Urgency.EARLY and not s.actor.peran & PERMISSIONS["change_settings"]:
                break  # two months ahead only whoever can act needs to know
            title, what = (s.desk.sentences.text(key, at=date_long(s.local(end.at).date())) for key in end.message_keys(s.now()))
            return (Notice(CERTIFICATE_TONES[end.urgency(s.now())], title, what, "Lihat sertifikat", "pengaturan",
                           (("section", "sambungan"),)),)
        return ()

    def _figures(self, board: queries.Board, now: datetime, due: Mapping[TaskKind, int]) -> tuple[Figure, ...]:
        share = board.within_limit / board.finished if board.finished else None
        figures = [Figure(
            "Selesai sesuai mutu baku", percent_text(share) if share is not None else "–",
            f"{board.within_limit} dari {board.finished}" if board.finished else "belum ada yang selesai hari ini",
            "muted" if share is None else "good" if share >= 0.9 else "attention", "laporan")]
        age = duration_words((now - board.oldest_unsent).total_seconds()) if board.oldest_unsent else ""
        figures.append(Figure("Belum terkirim", number_text(board.unsent), f"tertua {age}" if age else "semua terkirim",
                              "attention" if age else "good", "antrean"))
        if self.session.desk.sop.akhir == "kartu":
            left = board.blangko.stok
            figures.append(Figure("Blangko tersisa", number_text(left), f"{number_text(board.blangko.baik)} kartu jadi",
                                  "trouble" if left == 0 else "attention" if left < 20 else "muted", "cetak"))
        figures.append(self._follow_up(due))
        return tuple(figures)

    @staticmethod
    def _follow_up(due: Mapping[TaskKind, int]) -> Figure:
        """How much waits to be gone after, and the two kinds with the most."""
        most = sorted(due.items(), key=lambda kind: -kind[1])
        detail = ", ".join(f"{number_text(n)} {word('tugas_pendek', k)}" for k, n in most[:2]) + (", …" if most[2:] else "")
        tone = "attention" if due else "good"
        return Figure("Tindak lanjut", number_text(sum(due.values())), detail or "tidak ada yang tertunda", tone, "tugas")

    def _card(self, item: ListItem, now: datetime) -> CardView:
        chip, tone, detail = self._clock(item, now)
        return CardView(item.id, number_short(item.nomor_register), word("layanan", item.layanan), item.nama, chip, tone, detail,
                        PAGE_OF_STAGE.get(item.stage, "register"), _hint(item))

    def _clock(self, item: ListItem, now: datetime) -> tuple[str, str, str]:
        if item.stage in (Stage.CEK_CETAK, Stage.CETAK_ENCODE) and item.tahap_state == "belum":
            return "PRR", "good", f"sejak {self.session.when(item.updated_at)}"
        if item.stage in (Stage.AKTIVASI, Stage.SERAH_LOKET, Stage.SERAH_PEMOHON, Stage.SERAH_SURAT) and item.tahap_state == "belum":
            waited = (now - item.updated_at).total_seconds()
            return ("telepon", "attention", brief(waited)) if waited > 7 * 86400 else ("ambil", "good", brief(waited))
        if item.tahap_state == "jeda":
            reason = word("jeda", item.pause_reason) if item.pause_reason else "ditunda"
            since = brief((now - item.updated_at).total_seconds())
            return "jeda", "neutral", since if item.pause_reason in OF_COLUMN else f"{reason} · {since}"
        used = item.active_s + ((now - item.running_since).total_seconds() if item.running_since else 0.0)
        if item.limit_s is None:
            return clock_text(used), "accent", ""
        if used > item.limit_s:
            return clock_text(used), "trouble", f"lewat {clock_text(used - item.limit_s)}"
        tone = "attention" if used >= 0.8 * item.limit_s else "accent"
        if item.tahap_state == "belum":
            return "menunggu", "neutral", f"sejak {self.session.when(item.updated_at)}"
        return clock_text(used), tone, f"dari {clock_text(item.limit_s)}"

    def counters(self) -> dict[str, int]:
        """Work waiting per page of the navigation."""
        counts = self.session.desk.register.read(lambda v: (dict(v.counts_by_stage()), v.unsent_count()))
        by_page: dict[str, int] = {}
        for stage, count in counts[0].items():
            page = PAGE_OF_STAGE.get(stage)
            if page and page != "antrean":
                by_page[page] = by_page.get(page, 0) + count
        returned = self.session.desk.register.read(lambda v: v.count(Query(keadaan=(Keadaan.DIKEMBALIKAN,))))
        by_page["loket"] = by_page.get("loket", 0) + returned
        by_page["antrean"] = counts[1]
        by_page["pengaduan"] = self.session.desk.register.read(complaints.count_open)
        return by_page


def _hint(item: ListItem) -> str:
    """What the centre said last, in plain words; only of interest while it has the word."""
    if not item.status_siak or item.stage != Stage.MENUNGGU_PRR:
        return ""
    said = guide(stored_status(item.status_siak))
    return f"{said.title}: {said.operator}"


def greeting(hour: int) -> str:
    return "Selamat pagi" if hour < 11 else "Selamat siang" if hour < 15 else "Selamat sore" if hour < 18 else "Selamat malam"
