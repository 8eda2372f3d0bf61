"""A set-up that answers as the house does, with files in a folder of the test: kept answers, SOPs of the house, drawn letterhead."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes import FakeDevices
from PIL import Image, ImageDraw

from desk.doubles import Back
from ktpel_kiosk.app import sops
from ktpel_kiosk.app.niks import region_table
from ktpel_kiosk.domain.errors import BadInput, IoFailure, KioskError
from ktpel_kiosk.domain.passwords import PRODUCTION_LENGTH, password_problem, user_name
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.ports.setup import BackupPlace, FilledIn, FoundBundle, KeyState, NewOfficer, OfficeAnswers, SetupAnswers, SopChoice

HOUSE = ("pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin")
ROLES = ("station", "centre", "receipt", "line_ca", "line")


class SetupDouble:
    """Implements ports.setup.OfficeSetup. ``fail[name]``: the next call of that name raises it; ``hold``: ``finish`` waits for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: list[SetupAnswers] = []
        self.fail: dict[str, KioskError] = {}
        self.hold: threading.Event | None = None
        self.made: tuple[SetupAnswers, dict[str, str]] | None = None
        self.practised = ""
        self.back = Back()
        self.back.report = replace(self.back.report, missing=None, missing_packets=None, missing_acts=None,
                                   series=tuple(replace(s, now=None) for s in self.back.report.series))
        self.noted = False
        self.sticks: list[FoundBundle] = []
        self.brought: FilledIn | None = None
        self.opened_bundle: frozenset[str] = frozenset()
        self.fake = FakeDevices()
        self.state = KeyState("", {}, ROLES)
        self.places = [BackupPlace(folder / "usb", "Disk USB 64 GB", 58_200_000_000, True),
                       BackupPlace(folder / "kecil", "Disk D", 40_000_000, False, "Ruangnya kurang: butuh paling sedikit 2 GB.")]
        for place in self.places:
            place.path.mkdir(parents=True, exist_ok=True)

    def _raise(self, name: str) -> None:
        if name in self.fail:
            raise self.fail.pop(name)

    def load(self) -> SetupAnswers:
        return self.kept[-1] if self.kept else SetupAnswers()

    def keep(self, answers: SetupAnswers) -> None:
        self._raise("keep")
        self.kept.append(answers)

    def sops(self) -> Sequence[SopChoice]:
        return [self._choice(sops.load(name).source_text) for name in HOUSE]

    @staticmethod
    def _choice(text: str) -> SopChoice:
        s = parse_sop(text, name="sop")
        return SopChoice(s.id, s.kantor.nama, s.kantor.pemda, s.judul, s.akhir, tuple(x.judul for x in s.langkah), text)

    def read_sop(self, path: Path) -> SopChoice:
        self._raise("read_sop")
        return replace(self._choice(path.read_text("utf-8")), finding="Jumlah waktu tertulis tidak sama dengan jumlah langkah.")

    def proposal(self, sop_text: str) -> OfficeAnswers:
        k = parse_sop(sop_text, name="sop").kantor
        return OfficeAnswers(
            k.nama, k.pemda, k.unit, k.kode_wilayah, k.provinsi, k.kabupaten, k.kecamatan, k.zona_waktu, k.kop, k.alamat, k.telepon,
            k.email, f"{k.jam_buka:%H.%M}", f"{k.jam_tutup:%H.%M}", k.penandatangan_jabatan, k.penandatangan_nama, k.penandatangan_nip,
            k.unit_surat)

    def check_office(self, sop_text: str, answers: OfficeAnswers) -> Mapping[str, str]:
        found = {}
        if not answers.nama:
            found["nama"] = "Nama kantor belum diisi."
        if not self.region_name(answers.kode_wilayah):
            found["kode_wilayah"] = "Kode wilayah ini tidak ada. Contoh: 35.08.05."
        if not answers.kop:
            found["kop"] = "Kop surat belum diisi."
        if answers.jam_tutup <= answers.jam_buka:
            found["jam_tutup"] = "Jam tutup harus sesudah jam buka."
        return found

    def propose_station(self, office: OfficeAnswers, place: str) -> str:
        return f"{office.kode_wilayah.replace('.', '').ljust(7, '0')}-{place.lower().replace(' ', '-')}"

    def check_desk(self, answers: SetupAnswers) -> Mapping[str, str]:
        return {"place": "Nama meja terlalu panjang."} if len(answers.place) > 40 else {}

    def recovery_code(self) -> str:
        return "ABCD-EFGH-JKLM-NPQR"

    def code_noted(self) -> None:
        self.noted = True

    def region_name(self, kode_wilayah: str) -> str:
        try:
            name = region_table().district(kode_wilayah.replace(".", ""))
        except (KioskError, KeyError, ValueError):
            return ""
        return f"{name}, Lumajang, Jawa Timur" if name else ""

    def letterhead(self, sop_text: str, answers: OfficeAnswers) -> bytes:
        self._raise("letterhead")
        image = Image.new("RGB", (992, 1403), "white")
        d = ImageDraw.Draw(image)
        for i, line in enumerate(answers.kop):
            d.text((496, 70 + 44 * i), line, fill="black", anchor="mm", font_size=34)
        d.text((496, 90 + 44 * len(answers.kop)), answers.alamat, fill="black", anchor="mm", font_size=20)
        d.line((80, 210, 912, 210), fill="black", width=4)
        d.text((100, 300), "Nomor: 470/001/2026", fill="black", font_size=22)
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()

    def missing_roles(self, sop_text: str, officers: Sequence[NewOfficer]) -> tuple[Peran, ...]:
        s = parse_sop(sop_text, name="sop")
        needed = {r for step in s.langkah for p in s.pelaksana_of(step) for r in p.peran} | {Peran.ADMIN, Peran.SUPERVISOR}
        held = {r for o in officers for r in o.peran}
        return tuple(r for r in Peran if r in needed and r not in held)

    def check_officer(self, officer: NewOfficer, password: str, others: Sequence[NewOfficer]) -> Mapping[str, str]:
        found = {}
        try:
            name = user_name(officer.username)
        except BadInput:
            found["username"] = "Huruf kecil, angka dan garis bawah, diawali huruf."
        else:
            if name in [o.username for o in others]:
                found["username"] = "Nama ini sudah dipakai."
        if not officer.nama:
            found["nama"] = "Nama petugas belum diisi."
        if not officer.peran:
            found["peran"] = "Pilih paling sedikit satu peran."
        needed = password or officer.username not in self.opened_bundle
        if needed and password_problem(officer.username, password, length=PRODUCTION_LENGTH):
            found["password"] = "Kata sandi terlalu pendek atau terlalu umum."
        return found

    def keys(self, station: str) -> KeyState:
        return self.state

    def write_request(self, station: str, office: OfficeAnswers, folder: Path) -> Path:
        self._raise("write_request")
        path = folder / f"{station}.csr.pem"
        path.write_text("-----BEGIN CERTIFICATE REQUEST-----\n")
        self.state = replace(self.state, request=path.name)
        return path

    def take_certificates(self, station: str, source: Path) -> KeyState:
        self._raise("take_certificates")
        found = {p.stem: f"{station}, sampai 26 November 2031" for p in sorted(source.glob("*.pem")) if p.stem in ROLES}
        found = {**self.state.found, **found}
        self.state = KeyState(self.state.request, found, tuple(r for r in ROLES if r not in found))
        return self.state

    def devices(self) -> Any:
        self._raise("devices")
        return self.fake

    def backup_places(self) -> Sequence[BackupPlace]:
        return self.places

    def try_backup_place(self, path: Path) -> BackupPlace:
        known = next((p for p in self.places if p.path == path), BackupPlace(path, path.name, 0, False))
        if known.problem:
            return known
        probe = path / "uji"
        try:
            probe.write_bytes(b"uji")
            assert probe.read_bytes() == b"uji"
            probe.unlink()
        except OSError as error:
            raise IoFailure("storage.unwritable", path=str(path), errno=error.errno or 0) from error
        return known

    def restoring(self) -> Back:
        return self.back

    def bundles(self) -> Sequence[FoundBundle]:
        self._raise("bundles")
        return self.sticks

    def look_at_bundle(self, path: Path) -> FoundBundle:
        return next((s for s in self.sticks if s.path == path), FoundBundle(path, None, (), f"{path.name} bukan bundel penyediaan."))

    def open_bundle(self, path: Path, passphrase: str) -> FilledIn:
        self._raise("open_bundle")
        if passphrase != "gitar bubur kapal":
            raise BadInput("provision.passphrase", path=path.name)
        assert self.brought is not None
        self.opened_bundle = self.brought.accounts
        return self.brought

    def bundle_accounts(self) -> frozenset[str]:
        return self.opened_bundle

    def finish(self, answers: SetupAnswers, passwords: Mapping[str, str], told: Callable[[str], None]) -> None:
        told("Folder dan kunci register dibuat.")
        if self.hold is not None:
            self.hold.wait(10)
        self._raise("finish")
        told("SOP diberlakukan.")
        told(f"{len(answers.officers)} akun petugas dibuat.")
        self.made = (answers, dict(passwords))

    def practise(self, sop_id: str) -> None:
        self._raise("practise")
        self.practised = sop_id

    def close(self) -> None:
        self.fake.close()
