"""The plan of a Dinas: one TOML file for all of its offices (docs/manual/penyiapan.md, docs/teknisi/penyediaan.md).

    dinas = "Dinas Kependudukan dan Pencatatan Sipil Kabupaten Lumajang"
    gateway_url = "https://gateway.contoh.go.id"       # for all offices; each may say its own
    certificates = ["pusat"]                           # files or folders beside this file; "{station}" stands for the desk's id
    backup = ["/media/cadangan"]
    regions = "wilayah.csv"
    devices = "devices.toml"

    [[offices]]
    sop = "tempeh"                                     # one of the five, or a file beside this one
    places = ["Meja 1"]                                # a bundle for each
    population = "penduduk/tempeh.csv"
    follow_up = false                                  # true: for a desk that is at work; brings only what is named, no SOP unless with_sop
    keys = "kunci"                                     # kunci/<station>/: keys the Dinas made for the desk, with their certificates

    [offices.office]                                   # what differs from the SOP's [kantor]
    [[offices.officers]]
    username = "siti"
    nama = "Siti Aminah"
    peran = ["loket", "operator"]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ktpel_kiosk.app import device_config, niks, setup_checks, setup_sop, sops
from ktpel_kiosk.app.provision_content import KEY_FILES, POPULATION
from ktpel_kiosk.app.setup_answers import MAX_BYTES, from_plain
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.domain.toml_text import parse_toml
from ktpel_kiosk.domain.wilayah import RegionTable, parse_region_table
from ktpel_kiosk.ports.setup import NewOfficer, OfficeAnswers

TEXTS, LISTS, FLAGS = ("gateway_url", "regions", "devices"), ("certificates", "backup"), ("local_extras", "follow_up", "with_sop")
OF_OFFICE = (*TEXTS, *LISTS, *FLAGS, "sop", "places", "population", "keys", "office", "officers")
OF_PLAN = (*TEXTS, *LISTS, *FLAGS, "dinas", "offices")


@dataclass(frozen=True, slots=True)
class DeskPlan:
    """One desk as the plan wants it, every value checked; files are read already."""

    dinas: str
    office: str
    name: str
    place: str
    station: str
    sop_id: str
    sop_text: str
    sop_title: str
    officers: tuple[NewOfficer, ...]
    population: Path | None
    regions: str
    region_table: RegionTable
    devices: str
    certificates: Mapping[str, bytes]
    keys: Mapping[str, bytes]
    gateway_url: str
    backup: tuple[str, ...]
    local_extras: bool | None
    with_sop: bool = True
    follow_up: bool = False


def read_plan(path: Path) -> tuple[DeskPlan, ...]:
    """Every desk of the plan, in its order.

    Raises:
        BadInput: ``provision.plan`` with office and reason; whatever a file it names says of itself.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput("provision.plan", path=path.name, reason="terlalu besar")
        plain = parse_toml(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadInput("provision.plan", path=path.name, reason=f"bukan TOML yang terbaca: {error}"[:160]) from error
    reader = _Reader(path)
    reader.only(plain, OF_PLAN, "rencana")
    offices = plain.get("offices")
    if not isinstance(offices, list) or not offices:
        raise reader.wrong("rencana", "belum ada [[offices]]")
    common = {key: plain[key] for key in (*TEXTS, *LISTS, *FLAGS) if key in plain}
    desks = [desk for number, office in enumerate(offices, start=1) for desk in reader.office(plain, common, office, number)]
    stations = [desk.station for desk in desks]
    for station in stations:
        if stations.count(station) > 1:
            raise reader.wrong(station, "ada dua meja dengan nama stasiun ini")
    return tuple(desks)


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path, self.folder = path, path.parent

    def wrong(self, where: str, reason: str) -> BadInput:
        return BadInput("provision.plan", path=self.path.name, reason=f"{where}: {reason}"[:300])

    def only(self, table: Any, known: tuple[str, ...], where: str) -> None:
        if not isinstance(table, dict):
            raise self.wrong(where, "bukan tabel")
        for key in table:
            if key not in known:
                raise self.wrong(where, f"isian {key[:40]} tidak dikenal")

    def office(self, plan: Mapping[str, Any], common: Mapping[str, Any], own: Any, number: int) -> list[DeskPlan]:
        self.only(own, OF_OFFICE, f"kantor ke-{number}")
        table = {**common, **own}
        for key, kind in ((*((k, str) for k in (*TEXTS, "sop", "population", "keys")), *((k, list) for k in (*LISTS, "places", "officers")),
                           *((k, bool) for k in FLAGS), ("office", dict))):
            if key in table and not isinstance(table[key], kind):
                raise self.wrong(f"kantor ke-{number}", f"isian {key} bukan jenis yang benar")
        where = f"kantor ke-{number}"
        regions = self.text(table.get("regions", ""))
        known = parse_region_table(niks.shipped_text(), regions, village_text=niks.village_text) if regions else niks.region_table()
        sop_id, sop_text, answers = self.sop(table, where, known)
        where = answers.nama or where
        later = table.get("follow_up", False)
        officers = self.officers(table, sop_text, where, whole=not later)
        devices = self.text(table.get("devices", ""))
        if devices:
            device_config.parse(devices.encode(), self.folder / table["devices"])
        url = table.get("gateway_url", "").strip()
        if url and not setup_checks.gateway_stands(url):
            raise self.wrong(where, "gateway_url harus dimulai dengan https://")
        backup = tuple(table.get("backup", ()))
        if not all(isinstance(b, str) and Path(b).is_absolute() for b in backup):
            raise self.wrong(where, "backup harus folder lengkap, misalnya /media/cadangan")
        population = self.population(table.get("population", ""), where)
        sop = parse_sop(sop_text)
        made = []
        for place in table.get("places") or ["Meja 1"]:
            station = setup_checks.propose_station(answers, str(place))
            keys, of_keys = self.keys(table.get("keys", ""), station)
            certificates = {**self.certificates(table.get("certificates", ()), where, station), **of_keys}
            made.append(DeskPlan(
                str(plan.get("dinas", "")), sop.id, answers.nama, str(place), station, sop_id, sop_text, sop.judul, officers,
                population, regions, known, devices, certificates, keys, url, backup, table.get("local_extras"),
                table.get("with_sop", not later), later))
        return made

    def sop(self, table: Mapping[str, Any], where: str, regions: RegionTable) -> tuple[str, str, OfficeAnswers]:
        """The SOP with this office's [kantor] in it."""
        wanted = table.get("sop", "")
        if not wanted:
            raise self.wrong(where, "sop belum dipilih")
        choice = setup_sop.read(self.folder / wanted) if wanted.endswith(".toml") else setup_sop.choice_of(sops.load(wanted))
        given = table.get("office", {})
        try:
            answers = from_plain({"office": asdict(setup_sop.proposal(choice.text)) | given}).office
        except (TypeError, ValueError) as error:
            raise self.wrong(where, f"isian office.{error}"[:120]) from error
        if "penandatangan_nama" not in given and answers.nama != setup_sop.proposal(choice.text).nama:
            answers = replace(answers, penandatangan_nama="", penandatangan_nip="")  # another office's head is not ours
        for field, sentence in setup_checks.office(choice.text, answers, regions).items():
            raise self.wrong(answers.nama or where, f"office.{field}: {sentence}")
        return choice.id, setup_sop.office_sop(choice.text, answers).source_text, answers

    def officers(self, table: Mapping[str, Any], sop_text: str, where: str, *, whole: bool) -> tuple[NewOfficer, ...]:
        try:
            officers = from_plain({"officers": table.get("officers", ())}).officers
        except (TypeError, ValueError, AttributeError) as error:
            raise self.wrong(where, f"petugas: isian {error}"[:160]) from error
        officers = tuple(replace(o, username=o.username.strip().lower()) for o in officers)
        for index, one in enumerate(officers):
            for field, sentence in setup_checks.officer(one, "kereta hijau pagi sekali", officers[:index]).items():
                raise self.wrong(where, f"petugas {one.username}, {field}: {sentence}")
        if whole and (missing := setup_checks.missing_roles(sop_text, officers)):
            raise self.wrong(where, f"belum ada petugas dengan peran {', '.join(missing)}")
        return officers

    def text(self, name: str) -> str:
        if not name:
            return ""
        try:
            return (self.folder / name).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise self.wrong(name, "berkas ini tidak terbaca") from error

    def population(self, name: str, where: str) -> Path | None:
        if not name:
            return None
        path = self.folder / name
        if not path.is_file() or f"penduduk{path.suffix.lower()}" not in POPULATION:
            raise self.wrong(where, f"daftar penduduk {name} tidak ada, atau bukan .csv dan bukan .xlsx")
        return path

    def certificates(self, names: Any, where: str, station: str) -> dict[str, bytes]:
        from ktpel_kiosk.packet.station_intake import read_offered

        found: dict[str, bytes] = {}
        for name in names:
            if not isinstance(name, str):
                raise self.wrong(where, "certificates berisi nama berkas atau folder")
            for one in read_offered(self.folder / name.replace("{station}", station)):
                found[_pem_name(one.file)] = one.file.read_bytes()
        return found

    def keys(self, name: str, station: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """Keys the Dinas made for this desk, and the certificates that lie beside them; none where there is no such folder."""
        folder = self.folder / name / station
        if not name or not folder.is_dir():
            return {}, {}
        try:
            keys = {file: (folder / file).read_bytes() for file in KEY_FILES}
        except OSError as error:
            raise self.wrong(station, f"folder kunci belum berisi {' dan '.join(KEY_FILES)}") from error
        return keys, self.certificates([str(folder.relative_to(self.folder))], station, station)


def _pem_name(path: Path) -> str:
    return f"{path.stem[:60]}.crt"
