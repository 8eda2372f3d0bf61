"""The second half of the tour: the office behind the applicant. Papers sent back, follow-ups, books, reports, complaints, settings,
and the applicant's window between two applicants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ktpel_kiosk.desk.duplicates import open_check
from ktpel_kiosk.desk.followups import TaskKind
from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.register import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ktpel_kiosk.ui.tour import Tour

SLIP = "pengembalian"
COMPLAINT = "Antrean pagi ini lama dan nomor antrean tidak dipanggil berurutan."


class OfficeTour:
    """Uses the tools of the tour it continues; every method leaves the windows where the next one may begin."""

    def __init__(self, tour: Tour) -> None:
        self.tour = tour
        self.operator, self.applicant = tour.windows.operator, tour.windows.applicant

    def run(self) -> None:
        self.survey()
        self.idle()
        self.returned()
        self.follow_ups()
        self.books()
        self.complaints()
        self.reports()
        self.settings()

    # -- tools --------------------------------------------------------------------------------------------------------

    def who(self, *use_cases: str) -> str:
        """Somebody who may do all of it; who is signed in already is preferred, then whoever may do most of it."""
        signed_in = self.operator.session.actor.username
        roles = self.tour.cast.roles
        order = sorted(roles, key=lambda u: (-sum(bool(roles[u] & PERMISSIONS[c]) for c in use_cases), u != signed_in, u))
        return order[0]

    def tabs(self, page: Any, keys: Sequence[str], name: str) -> None:
        for key in keys:
            page.tabs.choose(key)
            self.tour.settle(200)
            self.tour.shoot(f"{name}-{key}")

    def second_person(self, panel: Any, use_case: str) -> None:
        """Another officer who may agree types name and password."""
        roles, me = self.tour.cast.roles, self.operator.session.actor.username
        other = next(u for u in sorted(roles) if u != me and roles[u] & PERMISSIONS[use_case])
        panel.clear()
        self.tour.type(panel.username.line, other)
        self.tour.type(panel.password.line, self.tour.cast.password)

    # -- cards ---------------------------------------------------------------------------------------------------------

    def chip_choice(self, permohonan_id: str) -> None:
        """Where chips are written, as whoever may change settings sees it on Cetak."""
        tour, operator = self.tour, self.operator
        printing = operator.session.actor.username
        tour.sign_in(self.who("change_settings"))
        if operator.may_open("cetak"):
            operator.go("cetak", id=permohonan_id)
            tour.settle(200)
            tour.shoot("cetak-pilihan-chip")
        tour.sign_in(printing)
        operator.go("cetak", id=permohonan_id)
        page: Any = operator.page("cetak")
        tour.wait(lambda: page.view is not None and page.primary.isEnabled(), "card again")
        tour.settle()

    def jammed(self) -> None:
        """Practice only: the trainer lets the card printer jam; the card is spoiled before two officers, the printer is put right."""
        tour, operator = self.tour, self.operator
        if operator.desk.practice is None or operator.header.practice is None:
            return
        tour.click(operator.header.practice)
        from ktpel_kiosk.ui.practice_panel import PracticePanel
        panel = operator.findChild(PracticePanel)
        if panel is None:
            raise BugError("tour.stuck", stage="cetak", expected="practice panel")
        panel.devices.setCurrentIndex(panel.devices.findData(str(DeviceKind.CARD_PRINTER)))
        panel.faults.setCurrentIndex(panel.faults.findData("jam"))
        tour.click(panel.start)
        tour.shoot("kendali-latihan", over=panel)
        tour.click(operator.header.practice)
        page: Any = operator.page("cetak")
        tour.key("F9")
        tour.wait(lambda: page.watch is not None and page.watch.hint == "failed", "jam")
        tour.shoot("cetak-macet")
        tour.click(page.primary)
        form = page.spoil_area
        tour.click(form.reasons[-1])
        self.second_person(form.second, "approve_spoil")
        tour.shoot("cetak-nyatakan-rusak")
        tour.click(page.primary)
        tour.wait(lambda: form.isHidden() and page.view is not None and page.view.action == "send", "spoiled")
        tour.settle()
        tour.shoot("cetak-rusak-tercatat")
        operator.notice.dismiss()
        tour.click(operator.header.practice)
        tour.click(panel.service)
        tour.click(operator.header.practice)
        tour.wait(lambda: page.primary.isEnabled(), "printer put right")

    def proxy(self, page: Any) -> None:
        """Somebody else comes with a letter: name, NIK and the letter's number are kept."""
        tour = self.tour
        tour.click(page.taker.relation.buttons()[1])
        tour.type(page.taker.receiver.line, "ENDAH CONTOH WATI")
        tour.type(page.taker.receiver_nik.line, f"{tour.cast.penduduk.nik[:6]}5212800004")
        tour.type(page.taker.letter.line, "12/KUASA/2026")
        tour.shoot("penyerahan-kuasa")

    # -- the applicant's window ----------------------------------------------------------------------------------------

    def survey(self) -> None:
        """The nine questions as an applicant answers them."""
        from ktpel_kiosk.ui.applicant.survey import ASK, INVITE, PROFILE, THANKS
        tour, window = self.tour, self.applicant
        if window.current != INVITE:
            window.ask_survey("baru_wni")
        tour.settle()
        tour.shoot("pemohon-survei-ajakan", window)
        survey = window.survey
        tour.click(window.page(INVITE).yes)  # type: ignore[attr-defined]
        tour.shoot("pemohon-survei-pertanyaan", window)
        for at in range(len(survey.form.questions)):
            QTest.keyClick(window.page(ASK), Qt.Key.Key_4 if at % 3 else Qt.Key.Key_3)
            tour.wait(lambda at=at: survey.page != ASK or survey.at != at, "next question")  # type: ignore[misc]
        tour.settle()
        tour.shoot("pemohon-survei-profil", window)
        tour.click(window.page(PROFILE).go)  # type: ignore[attr-defined]
        tour.wait(lambda: survey.page == THANKS, "survey sent")
        tour.shoot("pemohon-survei-terima-kasih", window)
        survey.stop()
        tour.settle()

    def idle(self) -> None:
        """Standar pelayanan, maklumat, complaint channels, page by page."""
        self.applicant.idle()
        page: Any = self.applicant.page("sapa")
        for at in range(1, len(page.slides)):
            self.tour.click(page.after)
            self.tour.shoot(f"pemohon-siaga-{at}", self.applicant)
        page.restart()

    # -- papers that go back -------------------------------------------------------------------------------------------

    def returned(self) -> None:
        """An applicant without all papers: what is missing, the reasons, the slip."""
        tour, operator = self.tour, self.operator
        tour.sign_in(tour.officer(Stage.TERIMA_BERKAS))
        page: Any = operator.page("loket")
        tour.fill_counter(replace(tour.cast.penduduk, nama="BUDI CONTOH SANTOSO", nik=self._free_nik()))
        for row in [r for r in page._rows.values() if not r.fixed and r.required][1:]:
            tour.click(row)
        tour.key("F9")
        tour.shoot("loket-berkas-kurang")
        tour.click(page.send_back)
        tour.wait(lambda: page.side.currentIndex() == 1, "reasons for sending back")
        tour.type(page.back_panel.note.editor, "Bawa yang belum ada paling lambat Jumat.")
        tour.shoot("loket-alasan-pengembalian")
        tour.click(page.back_panel.confirm)
        tour.wait(lambda: operator.notice.isVisible() and "dikembalikan" in operator.notice.plain(), "papers sent back")
        tour.settle()
        tour.shoot("loket-dikembalikan")
        operator.notice.dismiss()
        self._keep_slip()
        operator.go("beranda")
        tour.settle()

    def _free_nik(self) -> str:
        """The applicant's own NIK with the next serial nobody here uses."""
        nik = self.tour.cast.penduduk.nik
        read = self.operator.desk.register.read
        return next(f"{nik[:12]}{n:04d}" for n in range(int(nik[12:]) + 1, 10_000)
                    if read(lambda v, n=n: v.open_for_nik(f"{nik[:12]}{n:04d}")) is None)  # type: ignore[misc]

    def _keep_slip(self) -> None:
        """The slip itself beside the pictures, and the returned application with its papers in the register."""
        tour, register = self.tour, self.operator.desk.register
        (item, *_rest) = register.read(lambda v: v.list(Query(keadaan=(Keadaan.DIKEMBALIKAN,), limit=1)))
        slips = register.read(lambda v: [d.data for d in v.documents(item.id) if d.kind == SLIP])
        if not slips:
            raise BugError("tour.stuck", stage="loket", expected="return slip")
        (tour.out / "lembar-pengembalian.pdf").write_bytes(slips[-1])
        tour.sign_in(self.who("view_register"))
        self.operator.go("register", id=item.id)
        tour.settle(300)
        tour.shoot("register-dikembalikan")
        self.operator.press("Esc")

    def follow_ups(self) -> None:
        tour = self.tour
        self.operator.go("tugas", which="semua")
        tour.settle()
        page: Any = self.operator.page("tugas")
        if page.list.ids():
            page.list.choose(page.list.ids()[0])
            tour.settle()
        tour.shoot("tindak-lanjut")

    def alike(self, permohonan_id: str) -> None:
        """Fingers like those of an earlier recording: both records compared before the seal, by an officer who may decide."""
        tour = self.tour
        if open_check(self.operator.desk, permohonan_id) is None:
            return
        tour.sign_in(self.who("resolve_duplicate"))
        found = f"{TaskKind.JARI_MIRIP}:{permohonan_id}"
        self.operator.go("tugas", task=found)
        page: Any = self.operator.page("tugas")
        tour.wait(lambda: page.alike.view is not None and found in page.list.ids(), "both records")
        tour.settle(200)
        tour.click(page.alike.choices.buttons()[0])
        tour.type(page.alike.reason.editor, "Saudara, tahun lahir berbeda; akta kelahiran sudah dilihat")
        tour.shoot("tindak-lanjut-jari-mirip")
        tour.key("F9")
        tour.wait(lambda: found not in page.list.ids(), "finding decided")
        self.operator.notice.dismiss()

    def uncollected(self) -> None:
        """Before the card is handed over: it waits, the applicant is called, the call is logged."""
        tour, operator = self.tour, self.operator
        operator.go("tugas", which="belum_diambil")
        tour.settle()
        page: Any = operator.page("tugas")
        if not page.list.ids():
            return
        page.list.choose(page.list.ids()[0])
        tour.settle()
        tour.click(page.outcomes.buttons()[0])
        tour.type(page.note.line, "Datang hari ini juga")
        tour.shoot("tindak-lanjut-belum-diambil")
        tour.key("F9")
        tour.wait(lambda: operator.notice.isVisible(), "call logged")
        operator.notice.dismiss()

    # -- books, complaints, reports ------------------------------------------------------------------------------------

    def books(self) -> None:
        tour = self.tour
        tour.sign_in(self.who("export_register", "close_month", "verify_register"))
        tour.key("F3")
        page: Any = self.operator.page("register")
        page.search.clear()
        tour.type(page.search, tour.cast.penduduk.nama.split()[0].lower())
        tour.settle(400)
        tour.shoot("register")
        from ktpel_kiosk.ui.pages.register import TABS
        self.tabs(page, [key for key, _text in TABS if key != "cari"], "register")
        page.tabs.choose("buku")
        tour.settle(200)
        tour.click(page.export)
        tour.shoot("register-ekspor")
        self.operator.press("Esc")
        page.tabs.choose("cari")
        tour.settle()

    def complaints(self) -> None:
        tour, operator = self.tour, self.operator
        tour.sign_in(self.who("receive_complaint", "handle_complaint"))
        operator.go("pengaduan", new=True)
        tour.settle()
        page: Any = operator.page("pengaduan")
        form = page.form
        tour.type(form.text.text, COMPLAINT)
        tour.type(form.name.line, "Budi Contoh")
        tour.type(form.contact.line, "0812 3456 7890")
        tour.shoot("pengaduan-baru")
        tour.key("F9")
        tour.wait(lambda: operator.notice.isVisible() and page.form.isHidden(), "complaint received")
        tour.settle(200)
        tour.shoot("pengaduan")
        operator.notice.dismiss()

    def reports(self) -> None:
        from ktpel_kiosk.ui.presenters.report import TABS
        tour = self.tour
        tour.sign_in(self.who("view_reports", "export_reports"))
        self.operator.go("laporan")
        tour.settle(300)
        self.tabs(self.operator.page("laporan"), [key for key, _text in TABS], "laporan")

    # -- devices ------------------------------------------------------------------------------------------------------

    def devices(self) -> None:
        """Every test that needs nobody in front of the device, the history, and a berita acara."""
        tour, operator = self.tour, self.operator
        operator.go("pengaturan", section="perangkat", device=DeviceKind.CARD_PRINTER)
        tour.settle(300)
        page: Any = operator.page("pengaturan")
        section = page.section("perangkat")
        tour.shoot("perangkat-keadaan")
        for kind in (DeviceKind.CARD_READER, DeviceKind.RECEIPT_PRINTER, DeviceKind.BARCODE):
            section.choose(kind)
            tour.settle()
            tour.shoot(f"perangkat-keadaan-{kind}")
        section.choose(DeviceKind.CAMERA, "uji")
        for kind in (DeviceKind.CAMERA, DeviceKind.CARD_PRINTER, DeviceKind.DOCUMENT_PRINTER, DeviceKind.RECEIPT_PRINTER):
            section.choose(kind)
            tour.settle()
            tour.key("F9")
            tour.wait(lambda: section.panel("uji").running is None, f"test of {kind}")
            tour.settle()
            tour.shoot(f"perangkat-uji-{kind}")
        section.choose(DeviceKind.CARD_PRINTER, "riwayat")
        tour.settle()
        tour.shoot("perangkat-riwayat")
        section.tabs.choose("kerusakan")
        tour.settle()
        form = section.panel("kerusakan")
        tour.type(form.fields["symptom"].text, "Kartu macet di pemanas, printer berbunyi keras.")
        tour.type(form.fields["impact"].text, "Kartu tidak dapat dicetak.")
        tour.key("F9")
        tour.wait(lambda: operator.notice.isVisible() and "Berita acara" in operator.notice.plain(), "berita acara")
        tour.settle(200)
        tour.shoot("perangkat-berita-acara")
        operator.notice.dismiss()

    # -- settings ------------------------------------------------------------------------------------------------------

    def settings(self) -> None:
        from ktpel_kiosk.ui.pages.pengaturan import SECTIONS
        tour = self.tour
        tour.sign_in(self.who("manage_users", "change_settings", "edit_calendar", "import_population", "adopt_sop"))
        self.operator.go("pengaturan")
        tour.settle()
        self.tabs(self.operator.page("pengaturan"), [key for key, _text in SECTIONS], "pengaturan")
        self.devices()
        roles = tour.cast.roles
        back = next((u for u in sorted(roles) if Peran.LOKET in roles[u]), self.who("view_register"))
        tour.sign_in(back)
        for key in ("bantuan", "beranda"):
            self.operator.go(key)
            tour.settle()
            tour.shoot(key if key == "bantuan" else "beranda-sore")
