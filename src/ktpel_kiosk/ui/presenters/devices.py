"""Devices in words: their state and what to do now, what is seen, supplies, history, tests, berita acara kerusakan. Qt-free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.desk import damage, device_tests
from ktpel_kiosk.domain.biometric import PenPoint, Quality, RawImage
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import date_card, date_long, duration_words, number_text, parse_date, percent_text, time_text
from ktpel_kiosk.ports.device_history import DeviceRecord
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DeviceState, PrinterSupplies, PrintJob, PrintJobState
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ports.devices import SignatureCapture

HEALTH_WORDS = {DeviceHealth.READY: ("Siap", "good"), DeviceHealth.BUSY: ("Sedang dipakai", "accent"),
                DeviceHealth.MISSING: ("Tidak terpasang", "neutral"), DeviceHealth.TROUBLE: ("Bermasalah", "trouble")}
LOW = 15
"""Percent of a supply from which it is worth a word."""
MOST_TROUBLES = 6
JOB_WORDS = {PrintJobState.DONE: "selesai", PrintJobState.FAILED: "gagal", PrintJobState.UNKNOWN: "tidak diketahui",
             PrintJobState.PENDING: "menunggu", PrintJobState.PRINTING: "sedang dicetak"}
PICTURES = frozenset({DeviceKind.CAMERA, DeviceKind.FINGERPRINT, DeviceKind.IRIS, DeviceKind.SCANNER})
LIVE = frozenset({DeviceKind.CAMERA, DeviceKind.FINGERPRINT, DeviceKind.IRIS})
WAITS_FOR_PERSON = frozenset({DeviceKind.FINGERPRINT, DeviceKind.IRIS, DeviceKind.SIGNATURE, DeviceKind.CARD_READER, DeviceKind.BARCODE,
                              DeviceKind.SCANNER})


@dataclass(frozen=True, slots=True)
class DeviceCard:
    """One kind of device: ``advice`` says in one sentence what to do now."""

    kind: DeviceKind
    name: str
    state: str
    tone: str
    model: str
    serial: str
    driver: str
    advice: str
    simulated: bool = False
    maker: tuple[str, str] = ("", "")
    """Make and model apart, as the device's history knows it."""

    @property
    def usable(self) -> bool:
        return self.tone in ("good", "accent")


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A device a driver sees; ``key`` is what :meth:`DevicePresenter.prefer` takes."""

    key: str
    title: str
    detail: str
    chip: str
    tone: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class SupplyRow:
    title: str
    share: float | None
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class HistoryView:
    """``figures``: title, value, detail, tone. ``errors``: words and count. ``troubles``: when, what, how long."""

    sentence: str
    figures: tuple[tuple[str, str, str, str], ...] = ()
    errors: tuple[tuple[str, int], ...] = ()
    troubles: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TestView:
    """What one test gave: a sentence in a tone, facts, and pictures that live on the screen only."""

    __test__ = False  # not a test class

    tone: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
    images: tuple[RawImage, ...] = ()
    ink: SignatureCapture | None = None
    photo_png: bytes = b""


@dataclass(frozen=True, slots=True)
class TestedRow:
    __test__ = False

    when: str
    test: str
    result: str
    tone: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    nomor: str
    title: str
    detail: str


class DevicePresenter:
    def __init__(self, session: Session) -> None:
        self.session = session

    def may(self, use_case: str) -> bool:
        return bool(self.session.actor.peran & PERMISSIONS[use_case])

    # -- state --------------------------------------------------------------------------------------------------------

    def cards(self) -> tuple[DeviceCard, ...]:
        states = {s.kind: s for s in self.session.desk.devices.states()}
        return tuple(self.card(states.get(k) or DeviceState(k, DeviceHealth.MISSING)) for k in DeviceKind)

    def card(self, state: DeviceState) -> DeviceCard:
        text, tone = HEALTH_WORDS[state.health]
        identity = state.identity
        model = f"{identity.make} {identity.model}".strip() if identity else "Belum ada alat"
        if state.health is DeviceHealth.TROUBLE and state.trouble:
            advice = self.session.desk.sentences.text(state.trouble, **dict(state.facts))
        elif state.health in (DeviceHealth.READY, DeviceHealth.BUSY):
            advice = "Tidak perlu apa-apa." if state.health is DeviceHealth.READY else "Tunggu sampai selesai dipakai."
        else:
            advice = word("perangkat_saran", state.kind)
        return DeviceCard(state.kind, word("perangkat", state.kind), text, tone, model, identity.serial if identity else "",
                          identity.driver if identity else "", advice, bool(identity and identity.simulated),
                          (identity.make, identity.model) if identity else ("", ""))

    def facts(self, card: DeviceCard) -> tuple[tuple[str, str], ...]:
        return (("Merek dan tipe", card.model + (" (simulasi)" if card.simulated else "")), ("Nomor seri", card.serial or "–"),
                ("Driver", card.driver or "–"))

    def seen(self, kind: DeviceKind) -> tuple[SeenRow, ...]:
        """Every device of this kind that is seen now, in order of preference."""
        rows = []
        for d in self.session.desk.devices.inventory():
            if d.kind is kind:
                chip, tone = ("dipakai", "good") if d.open else ("cadangan", "neutral")
                detail = " · ".join(x for x in (f"No. seri {d.serial}" if d.serial else "", f"driver {d.driver}",
                                                "dipilih untuk meja ini" if d.wanted else "") if x)
                rows.append(SeenRow(d.serial or d.key, d.label, detail, chip, tone, d.wanted))
        return tuple(rows)

    def prefer(self, kind: DeviceKind, wanted: str) -> None:
        """Raises BadInput when it is gone, NotAllowed."""
        device_tests.prefer_device(self.session.desk, self.session.actor, kind, wanted)

    def supplies(self) -> tuple[SupplyRow, ...]:
        """Of the card printer; asks it, so call from a worker thread. Empty while it cannot be asked."""
        found = device_tests.supplies(self.session.desk)
        return () if found is None else self.supply_rows(found)

    def supply_rows(self, s: PrinterSupplies) -> tuple[SupplyRow, ...]:
        def row(title: str, share: int | None) -> SupplyRow:
            if share is None:
                return SupplyRow(title, None, "printer tidak memberi tahu", "muted")
            text, tone = ("habis", "trouble") if share <= 0 else ("hampir habis", "attention") if share <= LOW else ("cukup", "good")
            return SupplyRow(title, share / 100, f"{share} % · {text}", tone)

        rows = (row("Pita", s.ribbon), row("Film", s.film), row("Blangko di wadah", s.cards))
        told = tuple(SupplyRow("Pesan printer", None, self.session.desk.sentences.text(key), "attention") for key in s.reasons)
        return (*(r for r in rows if r.title != "Film" or r.share is not None), *told)

    # -- history ------------------------------------------------------------------------------------------------------

    def record(self, card: DeviceCard) -> DeviceRecord | None:
        """Of the device that is open now; of the last one of its kind while none is."""
        found = [r for r in self.session.desk.device_history.records() if r.kind is card.kind]
        mine = [r for r in found if (*card.maker, card.serial) == (r.make, r.model, r.serial)]
        return next(iter(mine or (found if not card.usable else [])), None)

    def history(self, card: DeviceCard) -> HistoryView:
        r = self.record(card)
        if r is None:
            return HistoryView("Belum ada catatan. Riwayat mulai terisi begitu perangkat ini dipakai.")
        recent = r.days[:30]
        calls, failed, retries = (sum(getattr(d, name) for d in recent) for name in ("calls", "failed", "retries"))
        ready, fail = r.availability, r.failed_share
        figures = (
            ("Siap dipakai", "–" if ready is None else percent_text(ready), "waktu terpasang",
             "muted" if ready is None else "good" if ready >= 0.95 else "attention" if ready >= 0.8 else "trouble"),
            ("Pekerjaan gagal", "–" if fail is None else percent_text(fail, 1), f"{number_text(failed)} dari {number_text(calls)}",
             "muted" if fail is None else "good" if fail <= 0.02 else "attention" if fail <= 0.1 else "trouble"),
            ("Diulang", number_text(retries), "dalam satu menit", "muted"),
        )
        local = self.session.local
        sentence = (f"{r.make} {r.model}".strip() + (f", nomor seri {r.serial}" if r.serial else "")
                    + f". Dipakai sejak {date_long(local(r.first_seen).date())}; angka 30 hari terakhir.")
        troubles = tuple((self._moment(t.at), self._short(t.message_key),
                          "belum selesai" if t.lasted_s is None else duration_words(t.lasted_s)) for t in r.troubles[:MOST_TROUBLES])
        return HistoryView(sentence, figures, tuple((self._short(key), n) for key, n in r.errors[:5]), troubles)

    def _moment(self, at: datetime) -> str:
        local = self.session.local(at)
        return f"{local.day}/{local.month} {time_text(local)}" if local.date() != self.session.today() else f"hari ini {time_text(local)}"

    def _short(self, key: str) -> str:
        """The first sentence of what people are told: what happened, without what to do."""
        text = device_tests.told(self.session.desk, key).split(". ")[0].rstrip(".")
        return text[:1].upper() + text[1:]

    # -- tests --------------------------------------------------------------------------------------------------------

    def run(self, kind: DeviceKind, cancelled: Callable[[], bool], on_point: Callable[[PenPoint], None]) -> TestView:
        """The one test of this kind of device; blocks. Raises what the device raises."""
        desk, actor = self.session.desk, self.session.actor
        if kind is DeviceKind.CAMERA:
            return self._shot(device_tests.camera_still(desk, actor), "Gambar diterima. Periksa ketajaman dan cahayanya.")
        if kind is DeviceKind.FINGERPRINT:
            return self._shot(device_tests.finger_touch(desk, actor), "Sentuhan terbaca.")
        if kind is DeviceKind.IRIS:
            return self._shot(device_tests.iris_look(desk, actor), "Kedua mata terbaca.")
        if kind is DeviceKind.SIGNATURE:
            return self._ink(device_tests.pad_ink(desk, actor, on_point))
        if kind is DeviceKind.SCANNER:
            shot = device_tests.scan_page(desk, actor)
            return self._shot(shot, f"{len(shot.images)} halaman terpindai.")
        if kind is DeviceKind.CARD_READER:
            return self._apdu(device_tests.card_apdu(desk, actor))
        if kind is DeviceKind.CARD_PRINTER:
            look = device_tests.card_printer_look(desk, actor)
            facts = [("Media", f"{look.media.name}, {look.media.width / 100:.1f} x {look.media.height / 100:.1f} mm".replace(".", ",")),
                     ("Resolusi", f"{look.media.dpi} dpi"), ("Dua sisi", "ya" if look.media.duplex else "tidak"),
                     ("Panel hitam (K)", "ada" if look.media.resin else "tidak ada")]
            facts += [(r.title, r.text) for r in self.supply_rows(look.supplies)]
            return TestView("good", "Printer menjawab. Tidak ada yang dicetak.", tuple(facts))
        if kind is DeviceKind.BARCODE:
            code = device_tests.read_code(desk, actor)
            return TestView("good", "Kode terbaca.", (("Isi kode", code), ("Panjang", f"{len(code)} huruf")))
        return self._printed(device_tests.print_page(desk, actor, kind, cancelled))

    def read_public(self, purpose: str) -> TestView:
        """Raises BadInput without a purpose, CardRefused ``chip.*``."""
        found = device_tests.read_public(self.session.desk, self.session.actor, purpose)
        return TestView("good", "Bagian terbuka KTP-el terbaca. Foto hanya tampil di sini dan tidak disimpan.",
                        (("UID chip", spaced(found.uid)), ("Kontrol kartu", spaced(found.control[:16].hex().upper()) or "–")),
                        photo_png=found.photo_png)

    def print_test_card(self, reason: str, second: tuple[str, str], cancelled: Callable[[], bool]) -> TestView:
        """Raises BadInput, SignInRefused, NotAllowed, SopViolation, DeviceTrouble."""
        made = device_tests.print_test_card(self.session.desk, self.session.actor, reason, second_username=second[0],
                                            second_password=second[1], cancelled=cancelled)
        view = self._printed(made.job)
        return TestView(view.tone, view.text, (*view.facts, ("Blangko terpakai", made.blangko)))

    def tested(self, kind: DeviceKind) -> tuple[TestedRow, ...]:
        """The last tests, newest first."""
        found = device_tests.history(self.session.desk, self.session.actor, kind, 5)
        return tuple(TestedRow(self._moment(t.at), device_tests.TESTS.get(t.test, t.test), "berhasil" if t.good else self._short(t.result),
                               "good" if t.good else "trouble") for t in found)

    def _shot(self, shot: device_tests.Shot, text: str) -> TestView:
        first = shot.images[0]
        size = f"{number_text(first.width)} x {number_text(first.height)} titik"
        facts = [("Ukuran", f"{size}, {first.ppi} ppi" if first.ppi else size), ("Waktu", f"{number_text(shot.took_s, 1)} detik")]
        facts += [("Mutu" if len(shot.judged) == 1 else f"Mutu {side}", quality_text(q))
                  for q, side in zip(shot.judged, ("kanan", "kiri"), strict=False)]
        if not shot.hint:
            return TestView("good", text, tuple(facts), shot.images)
        return TestView("attention", f"{text} Mutunya tidak dapat diukur: {self._short(shot.hint)}.", tuple(facts), shot.images)

    def _ink(self, test: device_tests.InkTest) -> TestView:
        c = test.capture
        down = [p for p in c.points if p.down]
        facts = (("Titik", f"{number_text(len(c.points))}, {number_text(test.per_second)} per detik"),
                 ("Titik hilang", number_text(c.lost) if c.lost else "tidak ada"),
                 ("Tekanan", f"{min(p.pressure for p in down)} sampai {max(p.pressure for p in down)}" if down else "–"))
        if not down:
            return TestView("attention", "Pad menjawab, tetapi tidak ada coretan. Coret di pad, lalu tekan OK.", facts, ink=c)
        if c.lost:
            return TestView("attention", "Coretan terbaca, tetapi ada titik yang hilang. Pasang pad langsung ke komputer, tanpa hub.",
                            facts, ink=c)
        return TestView("good", "Coretan terbaca utuh.", facts, ink=c)

    def _apdu(self, test: device_tests.ApduTest) -> TestView:
        facts = (("ATR", spaced(test.atr.hex().upper())), ("UID chip", spaced(test.uid) or "tidak diberikan"),
                 ("Perintah uji", spaced(test.command.hex().upper())), ("Jawaban", spaced(test.answer.hex().upper())),
                 ("Waktu", f"{number_text(test.took_s * 1000)} milidetik"))
        if test.uid:
            return TestView("good", "Pembaca dan kartu menjawab.", facts)
        return TestView("attention", "Pembaca dan kartu menjawab, tetapi kartu ini tidak memberikan UID.", facts)

    def _printed(self, job: PrintJob) -> TestView:
        facts = (("Pekerjaan", job.job_id or "–"), ("Keadaan", JOB_WORDS[job.state]))
        if job.state is PrintJobState.DONE:
            return TestView("good", "Printer menyelesaikan pekerjaan. Periksa hasilnya: lurus, tajam, tidak bergaris.", facts)
        if job.state in (PrintJobState.PENDING, PrintJobState.PRINTING):
            return TestView("attention", "Printer menerima pekerjaan dan belum selesai. Lihat printernya.", facts)
        key = job.trouble or ("device_test.failed" if job.state is PrintJobState.FAILED else "")
        text = self.session.desk.sentences.text(key) if key else "Printer tidak menjawab. Lihat apakah hasilnya keluar dari printer."
        return TestView("trouble" if job.state is PrintJobState.FAILED else "attention", text, facts)

    # -- berita acara kerusakan ---------------------------------------------------------------------------------------

    def proposal(self, card: DeviceCard) -> dict[str, str]:
        """What can be filled in already: which device, since when, what happens."""
        r = self.record(card)
        began = next((t.at for t in reversed(r.troubles[:1])), None) if r is not None and card.tone == "trouble" else None
        since = self.session.local(began).date() if began else self.session.today()
        make, model = (r.make, r.model) if r is not None else card.maker
        tests = self.tested(card.kind)
        said = card.advice.split(". ")[0] if card.tone == "trouble" else tests[0].result if tests and tests[0].tone == "trouble" else ""
        return {"make": make, "model": model, "serial": card.serial or (r.serial if r else ""), "since": date_card(since),
                "symptom": f"{said.rstrip('.')}." if said else "",
                "request": "Perbaikan atau perangkat pengganti."}

    def report(self, kind: DeviceKind, fields: dict[str, str]) -> tuple[str, Path]:
        """Number and file of the new berita acara. Raises BadInput ``damage.*``, ``text.*``, NotAllowed."""
        desk, since = self.session.desk, parse_date(fields["since"])
        made = damage.report(desk, self.session.actor, damage.Damage(
            kind, fields["make"], fields["model"], fields["serial"], since, fields["symptom"], fields["impact"], fields["tried"],
            fields["request"]))
        return made.nomor, desk.spool.place(damage.paper_name(made))

    def reports(self, kind: DeviceKind) -> tuple[ReportRow, ...]:
        def row(r: damage.DamageReport) -> ReportRow:
            day: date = self.session.local(r.at).date()
            return ReportRow(r.nomor, r.nomor, f"{date_long(day)} · {r.title}" + (" · DIBATALKAN" if r.void else ""))

        return tuple(row(r) for r in damage.reports(self.session.desk, self.session.actor, kind))

    def report_file(self, nomor: str) -> Path:
        return damage.place_again(self.session.desk, self.session.actor, nomor)


def quality_text(q: Quality) -> str:
    return "tidak terukur" if q.score == 255 else f"{q.score} dari 100 ({q.algorithm})"


def spaced(hexes: str) -> str:
    """``04A1 B2C3``: hex as people compare it."""
    return " ".join(hexes[i:i + 4] for i in range(0, len(hexes), 4))
