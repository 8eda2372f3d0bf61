"""One node of the reference gateway: PostgreSQL, an S3-compatible store, mutual TLS, the Dinas' page; as many nodes as one likes.

Everything is read from one TOML file (docs/scale.md shows it); secrets of the object store come from the environment, the database's as
libpq finds them (``PGPASSFILE``, ``PGPASSWORD``, a service file).
"""

from __future__ import annotations

import csv
import os
import signal
import sys
import threading
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ktpel_kiosk.domain.errors import BadInput

if TYPE_CHECKING:
    from cryptography import x509

    from ktpel_kiosk.siak.simulator.dinas import DinasDoor
    from ktpel_kiosk.siak.simulator.dinas_view import Place
    from ktpel_kiosk.siak.simulator.objects import Objects
    from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
    from ktpel_kiosk.siak.simulator.shared_store import SharedStore

ACCESS, SECRET = "KTPEL_S3_ACCESS_KEY", "KTPEL_S3_SECRET_KEY"
MAX_CONFIG, MAX_ROSTER = 256 * 1024, 4 * 1024 * 1024
MOST_PLACES = 20_000
SWEEP_S = 3600.0
TABLES: Mapping[str, frozenset[str]] = {
    "server": frozenset({"host", "port", "certificate", "key", "client_ca", "receipt_key", "receipt_kid", "data"}),
    "database": frozenset({"conninfo"}), "objects": frozenset({"endpoint", "bucket", "region", "ca_file", "folder"}),
    "stations": frozenset({"certificates", "authorities"}), "dinas": frozenset({"token_sha256", "certificates", "roster", "zone"}),
}


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """The file as it was read; paths are relative to its folder."""

    folder: Path
    tables: Mapping[str, Mapping[str, Any]]

    def text(self, table: str, name: str, default: str | None = None) -> str:
        value = self.tables.get(table, {}).get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise _wrong(f"{table}.{name}")
        return value

    def path(self, table: str, name: str) -> Path | None:
        found = self.text(table, name, "")
        return self.folder / found if found else None

    def texts(self, table: str, name: str) -> list[str]:
        value = self.tables.get(table, {}).get(name, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise _wrong(f"{table}.{name}")
        return value


def read_config(file: Path) -> NodeConfig:
    """Raises BadInput ``gateway_node.config`` (fact ``key``)."""
    try:
        if file.stat().st_size > MAX_CONFIG:
            raise _wrong(file.name)
        found = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise _wrong(file.name) from e
    for table, values in found.items():
        if table not in TABLES or not isinstance(values, dict):
            raise _wrong(table)
        if unknown := set(values) - TABLES[table]:
            raise _wrong(f"{table}.{min(unknown)}")
    return NodeConfig(file.parent, found)


def _wrong(key: str) -> BadInput:
    return BadInput("gateway_node.config", key=key[:80])


def objects_of(config: NodeConfig) -> Objects:
    """The object store: S3, or a folder every node shares."""
    folder = config.path("objects", "folder")
    if folder is not None:
        from ktpel_kiosk.siak.simulator.objects import FolderObjects
        return FolderObjects(folder)
    from ktpel_kiosk.siak.simulator.s3_objects import S3Objects, S3Settings
    missing = next((name for name in (ACCESS, SECRET) if not os.environ.get(name)), "")
    if missing:
        raise BadInput("gateway_node.secret", key=missing)
    ca = config.path("objects", "ca_file")
    return S3Objects(S3Settings(
        config.text("objects", "endpoint"), config.text("objects", "bucket"), os.environ[ACCESS], os.environ[SECRET],
        config.text("objects", "region", "us-east-1"), str(ca) if ca is not None else ""))


def store_of(config: NodeConfig, objects: Objects) -> SharedStore:
    """Raises BadInput ``gateway_node.database`` when the database does not answer, or is newer than this program."""
    from ktpel_kiosk.siak.simulator.pg import Database
    from ktpel_kiosk.siak.simulator.records import OldSchema, StoreAway
    from ktpel_kiosk.siak.simulator.shared_store import SharedStore
    try:
        return SharedStore(Database(config.text("database", "conninfo")), objects)
    except (StoreAway, OldSchema) as e:
        raise BadInput("gateway_node.database", reason=str(e)[:80]) from e


def node(config: NodeConfig) -> GatewaySimulator:
    """The node, not started yet. Raises BadInput."""
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.packet.courier_manifest import manifest_checker
    from ktpel_kiosk.packet.heartbeat_seal import heartbeat_checker
    from ktpel_kiosk.siak.simulator.server import GatewaySimulator
    objects, stations = objects_of(config), _stations(config)
    authorities = [c for name in config.texts("stations", "authorities") for c in _certificates(config.folder / name)]
    port = config.tables.get("server", {}).get("port", 8443)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        raise _wrong("server.port")
    return GatewaySimulator(
        config.path("server", "data") or config.folder, clock=SystemClock(), keys=_keys(config), port=port,
        host=config.text("server", "host", "127.0.0.1"), open_store=lambda: store_of(config, objects), papers=objects,
        manifests=manifest_checker(stations), heartbeats=heartbeat_checker(stations, authorities), dinas=_dinas(config))


def _keys(config: NodeConfig) -> SimulatorKeys:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from ktpel_kiosk.siak.simulator.server import SimulatorKeys
    try:
        receipt = (config.folder / config.text("server", "receipt_key")).read_bytes()
        load_pem_private_key(receipt, None)
    except (OSError, ValueError, TypeError) as e:  # TypeError: it wants a passphrase
        raise _wrong("server.receipt_key") from e
    return SimulatorKeys(receipt, config.text("server", "receipt_kid", "receipt-1"), config.path("server", "certificate"),
                         config.path("server", "key"), config.path("server", "client_ca"))


def _stations(config: NodeConfig) -> dict[str, x509.Certificate]:
    """Certificates by station: one PEM file each, named by the station."""
    folder = config.path("stations", "certificates")
    return {} if folder is None else {file.stem: _certificates(file)[0] for file in sorted(folder.glob("*.crt"))}


def _certificates(file: Path) -> list[x509.Certificate]:
    from cryptography import x509
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as e:
        raise _wrong(file.name) from e


def _dinas(config: NodeConfig) -> DinasDoor | None:
    if "dinas" not in config.tables:
        return None
    from ktpel_kiosk.app.resources import resources
    from ktpel_kiosk.siak.simulator.dinas import DinasDoor
    token = config.text("dinas", "token_sha256", "").lower()
    if token and (len(token) != 64 or set(token) - set("0123456789abcdef")):
        raise _wrong("dinas.token_sha256")
    try:
        zone = ZoneInfo(config.text("dinas", "zone", "Asia/Jakarta"))
    except (ZoneInfoNotFoundError, ValueError) as e:
        raise _wrong("dinas.zone") from e
    roster = config.path("dinas", "roster")
    return DinasDoor(token, frozenset(config.texts("dinas", "certificates")), read_roster(roster) if roster is not None else (), zone,
                     resources() / "fonts")


def read_roster(file: Path) -> list[Place]:
    """Lines ``stasiun,kecamatan,kabupaten`` below a line with these words. Raises BadInput ``gateway_node.roster`` (fact ``line``)."""
    from ktpel_kiosk.siak.simulator.dinas_view import Place
    found: dict[str, Place] = {}
    try:
        if file.stat().st_size > MAX_ROSTER:
            raise BadInput("gateway_node.roster", line=0)
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines)
            if next(rows, []) != ["stasiun", "kecamatan", "kabupaten"]:
                raise BadInput("gateway_node.roster", line=1)
            for number, row in enumerate(rows, 2):
                if len(row) != 3 or not row[0] or row[0] in found or max(map(len, row)) > 100 or len(found) >= MOST_PLACES:
                    raise BadInput("gateway_node.roster", line=number)
                found[row[0]] = Place(*row)
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise BadInput("gateway_node.roster", line=0) from e
    return list(found.values())


def serve(file: Path, say: Callable[[str], None], while_stdin: bool = False) -> None:
    """Serve until SIGINT or SIGTERM. Sweeps objects nobody needs once an hour; several nodes may do it at once."""
    config = read_config(file)
    made = node(config)
    made.start()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    say(f"Gateway melayani di port {made.port} (Ctrl+C untuk berhenti)")
    if while_stdin:
        threading.Thread(target=_stop_with_stdin, args=(stop,), daemon=True).start()
    try:
        while not stop.wait(SWEEP_S):
            sweep(config)
    finally:
        made.stop()


def _stop_with_stdin(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


def sweep(config: NodeConfig) -> int:
    """Drop objects no row speaks of; how many. A store that is away is swept the next time."""
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.siak.simulator.records import StoreAway
    try:
        store = store_of(config, objects_of(config))
        try:
            return store.sweep(SystemClock().now().timestamp())
        finally:
            store.close()
    except (StoreAway, BadInput):
        return 0
