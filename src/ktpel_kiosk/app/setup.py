"""What the first-run assistant stands on: :class:`ktpel_kiosk.ports.setup.OfficeSetup` for one data folder."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app import backup, backup_places, setup_answers, setup_checks, setup_sop
from ktpel_kiosk.app.clock import PracticeClock, SystemClock
from ktpel_kiosk.app.office import SETTINGS
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.text import date_long, zone
from ktpel_kiosk.ports.devices import Devices
from ktpel_kiosk.ports.setup import BackupPlace, FilledIn, FoundBundle, KeyState, NewOfficer, OfficeAnswers, SetupAnswers, SopChoice

if TYPE_CHECKING:
    from ktpel_kiosk.app.late import LateDevices
    from ktpel_kiosk.app.setup_bundle import OpenBundle
    from ktpel_kiosk.domain.wilayah import RegionTable
    from ktpel_kiosk.hal.driver import Driver
    from ktpel_kiosk.packet.station_keys import StationKeys
    from ktpel_kiosk.ports.restore import Restore

PRACTICE_FOLDER = "latihan"
LETTERHEAD_DPI = 120


class FolderSetup:
    """Sets up the office in ``data``. Any thread.

    Args:
        given: drivers in the place of this machine's own (tests).
        same_disk: whether two folders lie on one disk (tests).
    """

    def __init__(self, data: Path, *, clock: SystemClock | PracticeClock | None = None, given: Sequence[Driver] = (),
                 same_disk: backup_places.SameDisk = backup_places.on_same_disk) -> None:
        self.data = data
        self._clock, self._given, self._same_disk = clock or SystemClock(), given, same_disk
        self._lock = threading.Lock()
        self._devices: LateDevices | None = None
        self._code = ""
        self._bundle: OpenBundle | None = None

    # -- answers, SOP, office ----------------------------------------------------------------------------------------------

    def load(self) -> SetupAnswers:
        return setup_answers.load(self.data)

    def keep(self, answers: SetupAnswers) -> None:
        with self._lock:
            if not (self.data / SETTINGS).exists():  # a window that closes after the end writes nothing any more
                setup_answers.keep(self.data, answers)

    def sops(self) -> Sequence[SopChoice]:
        return setup_sop.shipped()

    def read_sop(self, path: Path) -> SopChoice:
        return setup_sop.read(path)

    def proposal(self, sop_text: str) -> OfficeAnswers:
        return setup_sop.proposal(sop_text)

    def check_office(self, sop_text: str, answers: OfficeAnswers) -> Mapping[str, str]:
        return setup_checks.office(sop_text, answers, self._regions)

    def region_name(self, kode_wilayah: str) -> str:
        regions, code = self._regions, kode_wilayah.strip()
        if code not in regions:
            return ""
        parts = (regions.district(code), regions.regency_short(code), regions.province(code))
        return ", ".join(part for part in parts if part)

    def letterhead(self, sop_text: str, answers: OfficeAnswers) -> bytes:
        """Raises BadInput when the answers cannot be put on paper."""
        from ktpel_kiosk.app.resources import resources
        from ktpel_kiosk.documents.letterhead_sample import sample
        from ktpel_kiosk.documents.pen import register_faces
        from ktpel_kiosk.ports.papers import Signer

        register_faces(resources())
        a = answers
        fields = [(name, text.strip()) for name, text in (
            ("Kantor", a.nama), ("Alamat", a.alamat), ("Telepon", a.telepon), ("Surel", a.email),
            ("Jam layanan", f"{a.jam_buka}–{a.jam_tutup} {a.zona_waktu}")) if text.strip()]
        today = date_long(self._clock.now().astimezone(zone("WIB")).date())
        place = a.kecamatan.strip().title() or a.kabupaten.strip().title()
        signer = Signer(a.penandatangan_jabatan.strip() or "Pejabat", a.penandatangan_nama.strip(), a.penandatangan_nip.strip())
        return _picture(sample([line.strip() for line in a.kop if line.strip()] or ["-"], fields, f"{place}, {today}", signer))

    def propose_station(self, office: OfficeAnswers, place: str) -> str:
        return setup_checks.propose_station(office, place)

    def check_desk(self, answers: SetupAnswers) -> Mapping[str, str]:
        found = dict(setup_checks.desk(answers))
        if answers.backup and (problem := self.try_backup_place(Path(answers.backup)).problem):
            found["backup"] = problem
        return found

    @cached_property
    def _regions(self) -> RegionTable:
        from ktpel_kiosk.app.niks import office_regions
        return office_regions(self.data)

    # -- officers ----------------------------------------------------------------------------------------------------------

    def missing_roles(self, sop_text: str, officers: Sequence[NewOfficer]) -> tuple[Peran, ...]:
        return setup_checks.missing_roles(sop_text, officers)

    def check_officer(self, officer: NewOfficer, password: str, others: Sequence[NewOfficer]) -> Mapping[str, str]:
        found = dict(setup_checks.officer(officer, password, others))
        if not password and officer.username in self.bundle_accounts():
            found.pop("password", None)  # it came with the bundle
        return found

    # -- keys --------------------------------------------------------------------------------------------------------------

    @cached_property
    def _station_keys(self) -> StationKeys:
        from ktpel_kiosk.packet.station_keys import StationKeys
        return StationKeys(self.data / "keys")

    def keys(self, station: str) -> KeyState:
        return key_state(self._station_keys, station)

    def write_request(self, station: str, office: OfficeAnswers, folder: Path) -> Path:
        self._refuse_demo_keys()
        return self._station_keys.write_requests(station, office.nama.strip(), folder)

    def take_certificates(self, station: str, source: Path) -> KeyState:
        from ktpel_kiosk.packet.station_intake import take

        self._refuse_demo_keys()
        take(self._station_keys, source, self._clock.now())
        return self.keys(station)

    def _refuse_demo_keys(self) -> None:
        """Own keys never mix with a practice office's."""
        if (self.data / "keys" / "complete").exists():
            raise BadInput("setup.exists", path=str(self.data))

    # -- devices, copies ---------------------------------------------------------------------------------------------------

    def devices(self) -> Devices:
        from ktpel_kiosk.app import makers
        from ktpel_kiosk.app.late import LateDevices, LateHistory
        from ktpel_kiosk.app.office import PRODUCTION, OfficeSettings

        with self._lock:
            if self._devices is None:
                history = LateHistory(lambda: makers.history(self.data, self._clock))
                settings = OfficeSettings("-", "-", mode=PRODUCTION)
                self._devices = LateDevices(lambda: makers.manager(self.data, settings, None, self._given, "", history),
                                            lambda kind, wanted: makers.remember(self.data, kind, wanted), history)
            made = self._devices
        made.start()
        return made

    def backup_places(self) -> Sequence[BackupPlace]:
        from ktpel_kiosk.hal.removable import machine_disks

        disks = machine_disks()
        return backup_places.places(self.data, disks.removable(), disks.fixed(), self._same_disk)

    def try_backup_place(self, path: Path) -> BackupPlace:
        return backup_places.tried(self.data, path, self.backup_places(), self._same_disk)

    def recovery_code(self) -> str:
        with self._lock:
            self._code = self._code or backup.new_code()
            return self._code

    def code_noted(self) -> None:
        from ktpel_kiosk.app.clock import Uuid7
        from ktpel_kiosk.app.office import open_register
        from ktpel_kiosk.register.keys import KeyStore

        with open_register(self.data, self._clock, Uuid7(self._clock)) as register:
            backup.code_noted(register, KeyStore(self.data / "register" / "register.key").secret_mark(), backup.NOBODY)

    def restoring(self) -> Restore:
        from ktpel_kiosk.app.restoring import FolderRestore

        return FolderRestore(self.data, self._clock)

    # -- a bundle of the Dinas ---------------------------------------------------------------------------------------------

    def bundles(self) -> Sequence[FoundBundle]:
        from ktpel_kiosk.app import provision
        return provision.plugged_in()

    def look_at_bundle(self, path: Path) -> FoundBundle:
        from ktpel_kiosk.app import provision
        return provision.look_at(path)

    def open_bundle(self, path: Path, passphrase: str) -> FilledIn:
        from ktpel_kiosk.app.setup_bundle import open_bundle

        self._refuse_demo_keys()
        found = open_bundle(self.data, path, passphrase, self._clock.now())
        self.__dict__.pop("_regions", None)
        with self._lock:
            self._bundle = found
        backup = next((place for place in found.content.backup if not self.try_backup_place(Path(place)).problem), "")
        answers = found.answers(backup)
        self.keep(answers)
        residents = found.residents
        return FilledIn(answers, found.accounts, len(residents.entries) if residents else 0, residents.refused if residents else 0)

    def bundle_accounts(self) -> frozenset[str]:
        return self._bundle.accounts if self._bundle is not None else frozenset()

    # -- the end -----------------------------------------------------------------------------------------------------------

    def finish(self, answers: SetupAnswers, passwords: Mapping[str, str], told: Callable[[str], None]) -> None:
        from ktpel_kiosk.app.setup_finish import make_office

        answers = replace(answers, station=answers.station or self.propose_station(answers.office, answers.place),
                          officers=tuple(replace(o, username=o.username.strip().lower()) for o in answers.officers))
        told("Jawaban diperiksa.")
        self._require_whole(answers, passwords)
        bundle = self._bundle
        if answers.bundle and (bundle is None or bundle.content.head.bundle_id != answers.bundle):
            raise BadInput("provision.open_again")
        make_office(self.data, answers, passwords, told, recovery=self._code, clock=self._clock, bundle=bundle if answers.bundle else None)

    def _require_whole(self, answers: SetupAnswers, passwords: Mapping[str, str]) -> None:
        """The same checks as page by page, all of them. Raises BadInput ``setup.not_ready`` with the first finding."""
        findings = [dict(self.check_office(answers.sop_text, answers.office)), dict(self.check_desk(answers))]
        officers = answers.officers
        for index, one in enumerate(officers):
            found = self.check_officer(one, passwords.get(one.username, ""), officers[:index])
            findings.append({f"petugas {one.username}, {field}": text for field, text in found.items()})
        for found in findings:
            for field, sentence in found.items():
                raise BadInput("setup.not_ready", reason=f"{field}: {sentence}")
        if missing := self.missing_roles(answers.sop_text, officers):
            raise BadInput("setup.not_ready", reason=load_sentences().text("setup.roles", roles=", ".join(missing)))

    def practise(self, sop_id: str) -> None:
        from ktpel_kiosk.app.wiring import open_practice_kiosk

        open_practice_kiosk(self.data / PRACTICE_FOLDER, sop_id).close()

    def close(self) -> None:
        with self._lock:
            devices, self._devices = self._devices, None
        if devices is not None:
            devices.close()


def key_state(keys: StationKeys, station: str) -> KeyState:
    """What is installed, in words; also for ``keys state`` and ``doctor``."""
    from ktpel_kiosk.packet.station_intake import common_name
    from ktpel_kiosk.packet.station_keys import request_name

    found = {role: "; ".join(f"{common_name(c)}, berlaku sampai {date_long(c.not_valid_after_utc.astimezone(zone('WIB')).date())}"
                             for c in certificates) for role, certificates in keys.certificates().items()}
    return KeyState(request_name(station) if keys.own() is not None else "", found, keys.missing())


def _picture(pdf: bytes) -> bytes:
    """The first page as PNG."""
    import pypdfium2

    from ktpel_kiosk.ports.pdfium import PDFIUM

    out = io.BytesIO()
    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            document[0].render(scale=LETTERHEAD_DPI / 72).to_pil().save(out, "PNG")
        finally:
            document.close()
    return out.getvalue()
