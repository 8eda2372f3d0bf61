"""The scenes whose pictures are kept: an office at a fixed moment, the same people, no motion.

Each scene takes the pair of windows where the last one left them and returns the window to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes import NOW, FakeOffice, portrait
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from ktpel_kiosk.app.clock import PracticeClock, Uuid7
from ktpel_kiosk.desk import recording
from ktpel_kiosk.desk.progress import open_work
from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.register.store import SqlRegister
from ktpel_kiosk.ui.app import Windows


@dataclass
class Scene:
    """What a scene may touch. ``settle`` waits until nothing is on its way."""

    office: FakeOffice
    windows: Windows
    settle: Callable[[], None]
    people: dict[str, str]

    @property
    def operator(self) -> Any:
        return self.windows.operator

    @property
    def applicant(self) -> Any:
        return self.windows.applicant

    def go(self, page: str, **args: Any) -> Any:
        self.operator.go(page, **args)
        self.settle()
        return self.operator.page(page)


class StillClock(PracticeClock):
    """Time passes only where a story says so: a picture must not show how fast this machine is."""

    def monotonic(self) -> float:
        with self._lock:
            return self._mono + self._extra


def make_office(folder: Path) -> FakeOffice:
    """A desk with a real register, for the scenes show counts and reports."""
    return FakeOffice(register=lambda clock: SqlRegister(folder / "register.sqlite", bytes(32), clock, Uuid7(clock)),
                      clock=StillClock(NOW))


def furnish(office: FakeOffice) -> dict[str, str]:
    """One applicant at every counter of the office; ids by what happens next. The one to be recorded has confirmed the data."""
    stages = {"verifikasi": Stage.VERIFIKASI, "validasi": Stage.VALIDASI, "rekam": Stage.REKAM, "kirim": Stage.KIRIM,
              "menunggu": Stage.MENUNGGU_PRR, "cetak": Stage.CETAK_ENCODE, "aktivasi": Stage.AKTIVASI, "serah": Stage.SERAH_PEMOHON}
    people = {name: office.to_stage(at, stage).id for at, (name, stage) in enumerate(stages.items(), start=1)}
    open_work(office.desk, office.rina, people["rekam"])
    recording.confirm_data(office.desk, office.rina, people["rekam"])
    return people


def _page(name: str, **args: str) -> Callable[[Scene], QWidget]:
    """Open a page; a value that names one of the people becomes the id."""
    def show(s: Scene) -> QWidget:
        s.go(name, **{key: s.people.get(value, value) for key, value in args.items()})
        return s.operator  # type: ignore[no-any-return]
    return show


def _new_at_counter(s: Scene) -> QWidget:
    page = s.go("loket", new=True)
    page.nik.edit.setFocus()
    QTest.keyClicks(page.nik.edit, "3508056001080007")
    s.settle()
    return s.operator  # type: ignore[no-any-return]


def _part(key: str) -> Callable[[Scene], QWidget]:
    def show(s: Scene) -> QWidget:
        page = s.go("perekaman", id=s.people["rekam"])
        page._show_part(key)
        for _ in range(200):  # what records by itself is looked at when it is done
            s.settle()
            if page.view.part_done(key) or key == "data":
                break
        return s.operator  # type: ignore[no-any-return]
    return show


def _as_camat(name: str, **args: str) -> Callable[[Scene], QWidget]:
    def show(s: Scene) -> QWidget:
        s.operator.signed_in(s.office.actors[Peran.CAMAT])
        return _page(name, **args)(s)
    return show


def _locked(s: Scene) -> QWidget:
    s.operator.lock()
    s.settle()
    return s.operator  # type: ignore[no-any-return]


def _asked(show: Callable[[Any], None]) -> Callable[[Scene], QWidget]:
    def scene(s: Scene) -> QWidget:
        show(s.applicant)
        s.settle()
        return s.applicant  # type: ignore[no-any-return]
    return scene


ROWS = (("nama", "Nama", "SITI CONTOH LESTARI"), ("nik", "NIK", "3508 0545 0208 0001"),
        ("ttl", "Tempat, tanggal lahir", "Lumajang, 5 Februari 2008"),
        ("jk", "Jenis kelamin", "Perempuan"), ("gol", "Golongan darah", "O"), ("agama", "Agama", "Islam"),
        ("alamat", "Alamat", "Dusun Krajan, RT 003 / RW 007"), ("desa", "Desa, kecamatan", "Besuk, Tempeh"),
        ("status", "Status perkawinan", "Belum kawin"), ("kerja", "Pekerjaan", "Pelajar/Mahasiswa"))


def picture() -> QImage:
    image = portrait()
    return QImage(image.tobytes(), image.width, image.height, image.width * 3, QImage.Format.Format_RGB888).copy()


def _hands(window: Any) -> None:
    window.hands(dict.fromkeys(LEFT_FOUR, "good"), RIGHT_FOUR, 0.5)


OPERATOR: dict[str, Callable[[Scene], QWidget]] = {
    "beranda": _page("beranda"), "loket": _new_at_counter, "verifikasi": _page("verifikasi", id="verifikasi"),
    "rekam-data": _part("data"), "rekam-jari": _part("jari"), "rekam-iris": _part("iris"),
    "rekam-tanda-tangan": _part("tanda_tangan"), "antrean": _page("antrean"), "cetak": _page("cetak", id="cetak"),
    "aktivasi": _page("penyerahan", id="aktivasi"), "penyerahan": _page("penyerahan", id="serah"), "register": _page("register"),
    "pengaduan": _page("pengaduan"), "laporan": _as_camat("laporan"), "pengaturan": _as_camat("pengaturan"),
    "petugas": _as_camat("pengaturan", section="petugas"), "perangkat": _as_camat("pengaturan", section="perangkat"),
    "tindak-lanjut": _page("tugas", which="semua"), "bantuan": _page("bantuan", about="loket"), "masuk": _locked,
}
APPLICANT: dict[str, Callable[[Scene], QWidget]] = {
    "pemohon-sapa": _asked(lambda w: (w.idle(), w.page("sapa").restart())), "pemohon-privasi": _asked(lambda w: w.privacy()),
    "pemohon-data": _asked(lambda w: w.data(ROWS)), "pemohon-jari": _asked(_hands), "pemohon-mata": _asked(lambda w: w.eyes()),
    "pemohon-tanda-tangan": _asked(lambda w: w.sign()),
    "pemohon-tinjau": _asked(lambda w: w.review("SITI CONTOH LESTARI", picture(), None, (("foto", 1), ("jari", 10), ("iris", 2)))),
    "pemohon-terima-kasih": _asked(lambda w: w.thanks("0042/KTP/XI/2026", "SITI CONTOH LESTARI", "")),
}
QUICK = ("beranda", "loket", "rekam-jari", "register", "pemohon-data", "pemohon-jari")
"""Looked at in every run; the others in `make gates`."""
