"""A whole set-up for tests: the answers of an invented office, its officers, its authority."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.setup import FolderSetup
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.packet import demo_authority
from ktpel_kiosk.ports.setup import NewOfficer, SetupAnswers

PASSWORDS = {"siti": "kereta hijau pagi", "joko": "payung dekat sumur", "camat": "gunung tanpa awan"}
OFFICERS = (
    NewOfficer("siti", "Siti Aminah", "Operator", "", (Peran.LOKET, Peran.OPERATOR, Peran.PENYERAH)),
    NewOfficer("joko", "Joko Santoso, S.Sos", "Kasi Pelayanan", "197303121998032004", (Peran.KASI, Peran.VERIFIKATOR, Peran.VALIDATOR)),
    NewOfficer("camat", "Dewi Lestari, M.Si", "Camat", "", (Peran.CAMAT, Peran.SUPERVISOR, Peran.ADMIN)),
)


def answers_of(setup: FolderSetup, backup: Path | None = None) -> SetupAnswers:
    """Kecamatan Rowokangkung with the SOP of Tempeh."""
    text = sops.load("tempeh").source_text
    office = replace(setup.proposal(text), nama="Kecamatan Rowokangkung", kode_wilayah="35.08.08", kecamatan="ROWOKANGKUNG",
                     kop=("PEMERINTAH KABUPATEN LUMAJANG", "KECAMATAN ROWOKANGKUNG", "Jalan Raya 1, Telp. (0334) 390001"),
                     alamat="Jalan Raya 1", telepon="(0334) 390001", email="", penandatangan_nama="Dewi Lestari, M.Si")
    return SetupAnswers(sop_id="tempeh", sop_text=text, office=office, officers=OFFICERS, station="3508080-meja-1",
                        backup=str(backup) if backup else "")


@dataclass(frozen=True)
class Authority:
    """Who answered the requests. ``back``: what goes to the station; ``centre``: keys of the centre."""

    back: Path
    centre: Path


def answered(setup: FolderSetup, folder: Path, answers: SetupAnswers) -> Authority:
    requests = setup.write_request(answers.station, answers.office, folder)
    back = demo_authority.answer_requests(requests, folder / "otoritas", setup._clock.now())
    return Authority(back, folder / "otoritas" / demo_authority.CENTRE)


def another_disk(_a: Path, _b: Path) -> bool:
    return False
