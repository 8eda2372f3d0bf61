"""How things stand: step bar, device strip, clock, line, progress."""

from __future__ import annotations

from collections.abc import Iterator

from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit
from ktpel_kiosk.ui.presenters.cards import PrintStep
from ktpel_kiosk.ui.widgets.status import HEALTH, ClockLabel, DeviceItem, LinePill, LogoTile, NoticeBar, ProgressDots
from ktpel_kiosk.ui.widgets.stepbar import Step, StepBar
from ktpel_kiosk.ui.widgets.steplist import StepList

GROUP = "Keadaan"


@exhibit(GROUP, "Bilah langkah menurut SOP", order=40)
def step_bar(_stage: Stage) -> Iterator[Specimen]:
    def bar(*steps: tuple[str, str, str]) -> StepBar:
        made = StepBar()
        made.set_steps([Step(i, *s) for i, s in enumerate(steps, 1)])
        return made

    rest = (("Cetak", "", "todo"), ("Aktivasi", "", "todo"), ("Serah", "", "todo"))
    done = (("Berkas", "0:48 / 1:00", "done"), ("Periksa", "2:10 / 3:00", "done"))
    yield Specimen("tenang", bar(*done, ("Rekam", "3:10 / 5:00", "active"), *rest), width=1240)
    yield Specimen("hampir habis", bar(*done, ("Rekam", "4:20 / 5:00", "near"), *rest), width=1240)
    yield Specimen("lewat", bar(*done, ("Rekam", "6:05 / 5:00, lewat", "over"), *rest), width=1240)
    yield Specimen("menunggu", bar(*done, ("Kirim", "menunggu jaringan", "waiting"), ("Cetak", "dilewati", "skipped")), width=1240)
    more = (*done, ("Rekam biometrik", "3:10 / 5:00", "active"), ("Tanda tangan Kepala Dinas", "", "todo"), *rest, *rest)
    yield Specimen("SOP panjang di ruang sempit", bar(*more), width=560)


@exhibit(GROUP, "Daftar langkah", order=41)
def step_list(_stage: Stage) -> Iterator[Specimen]:
    made = StepList()
    made.set_steps((PrintStep("Kirim ke printer", "09.12", "done"), PrintStep("Cetak kedua sisi", "sedang dicetak", "active"),
                    PrintStep("Isi chip", "", "todo"), PrintStep("Baca ulang", "", "todo")))
    yield Specimen("selesai, berjalan, berikut", made, width=360)


@exhibit(GROUP, "Perangkat: bentuk dan warna", order=42)
def devices(_stage: Stage) -> Iterator[Specimen]:
    def item(health: str, word: str = "", remark: str = "") -> DeviceItem:
        made = DeviceItem("Printer kartu", "printer")
        made.set_state(health, word)
        if remark:
            made.set_remark(remark)
        return made

    for health, (_tone, word) in HEALTH.items():
        yield Specimen(word, item(health, "Pita habis" if health == "trouble" else ""))
    yield Specimen("siap, dengan catatan", item("ready", "", "Pita tinggal 12 kartu"))
    yield Specimen("ditunjuk", item("ready"), "hover")
    yield Specimen("fokus papan ketik", item("ready"), "focus")


@exhibit(GROUP, "Sambungan", order=43)
def line(_stage: Stage) -> Iterator[Specimen]:
    def pill(*state: str) -> LinePill:
        made = LinePill()
        made.set_state(*state)
        return made

    yield Specimen("daring", pill("Semua terkirim", "good", "check"))
    yield Specimen("luring", pill("Luring · 12 belum terkirim", "attention", "wifi-off"))
    yield Specimen("ditolak", pill("1 paket ditolak", "trouble", "circle-alert"))
    yield Specimen("ditunjuk", pill("Mengirim 3", "accent", "cloud-upload"), "hover")
    yield Specimen("fokus papan ketik", pill("Mengirim 3", "accent", "cloud-upload"), "focus")


@exhibit(GROUP, "Jam, tanda kantor, kemajuan pemohon", order=44)
def small(_stage: Stage) -> Iterator[Specimen]:
    clock = ClockLabel()
    clock.set("09.15", "WIB")
    yield Specimen("jam", clock)
    yield Specimen("tanda", LogoTile())
    yield Specimen("petugas", LogoTile("RW", 36))
    for at in (0, 2):
        dots = ProgressDots()
        dots.set(6, at)
        yield Specimen(f"langkah {at + 1}", dots)


@exhibit("Pemberitahuan", "Bilah tenang di atas", order=60)
def notices(_stage: Stage) -> Iterator[Specimen]:
    def bar(kind: str, bold: str, text: str, action: str = "", *, closable: bool = True) -> NoticeBar:
        made = NoticeBar(closable=closable)
        made.show_text(kind, text, bold=bold, action=action)
        return made

    yield Specimen("kabar", bar("info", "Blangko hampir habis.", "Tersisa 12 lembar; mintakan ke dinas."), width=1240)
    yield Specimen("berhasil", bar("good", "Tersimpan.", "Permohonan 0042/KTP/XI/2026 diteruskan ke verifikasi."), width=1240)
    yield Specimen("perhatian", bar("attention", "Sambungan terputus.", "Perekaman tetap bisa; paket menunggu di antrean.", "Antrean"),
                   width=1240)
    yield Specimen("gangguan", bar("trouble", "Kamera tidak terpasang.", "Pasang kabel USB kamera, lalu coba lagi.", "Coba lagi"),
                   width=1240)
    text = ("Kata sandi petugas kedua salah. Petugas kedua mengetik kata sandinya sendiri; sesudah lima kali salah akun menunggu "
            "lima belas detik.")
    yield Specimen("panjang, dalam panel", bar("attention", "", text, closable=False), width=420)
