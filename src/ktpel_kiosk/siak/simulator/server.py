"""Running the simulator: a uvicorn server on its own thread over the durable store, restartable on the same port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ktpel_kiosk.domain.errors import BadInput, IoFailure, SecurityRefusal
from ktpel_kiosk.domain.heartbeat import Heartbeat
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.dinas import DinasDoor, DinasPages
from ktpel_kiosk.siak.simulator.face import Face
from ktpel_kiosk.siak.simulator.feeder import Checker
from ktpel_kiosk.siak.simulator.keys import ReceiptKeyChain
from ktpel_kiosk.siak.simulator.objects import FolderObjects, Objects
from ktpel_kiosk.siak.simulator.places import UploadPlace
from ktpel_kiosk.siak.simulator.records import Holding
from ktpel_kiosk.siak.simulator.routes import Routes
from ktpel_kiosk.siak.simulator.script import Behaviour, Residents
from ktpel_kiosk.siak.simulator.signed_status import CourierCounter, Manifests
from ktpel_kiosk.siak.simulator.station import StationProtocol
from ktpel_kiosk.siak.simulator.store import GatewayStore
from ktpel_kiosk.siak.simulator.store_port import Store
from ktpel_kiosk.siak.simulator.update_files import update_files

START_S = 10.0
STOP_S = 5.0
BACKLOG = 2048
"""Kiosks that knock in the same moment, e.g. when a region's network returns."""
KEEP_ALIVE_S = 30


@dataclass(frozen=True, slots=True)
class SimulatorKeys:
    """PEM bytes of the receipt signer (P-256); for TLS the files of the server and, for mutual TLS, the client authority."""

    receipt_key: bytes
    receipt_kid: str = "receipt-1"
    server_cert: Path | None = None
    server_key: Path | None = None
    client_ca: Path | None = None


class GatewaySimulator:
    """The whole gateway contract for practice and tests.

    Args:
        data_dir: durable store; several starts over the same folder continue it.
        opener: from :func:`ktpel_kiosk.packet.open.packet_checker`; without it packets are taken unopened.
        people: NIK to biodata for lookups.
        manifests: from :func:`ktpel_kiosk.packet.courier_manifest.manifest_checker`: the stations whose couriers are known.
        place: another tus server that takes the bytes of uploads; without it they come here.
        residents: whom the centre knows beside the packets it got; card material comes only from here.
        admin_port: also serve the trainer's door (admin.py) on this loopback port, 0 for any; ``None``: no such door.
        production: refuse to exist.
        open_store, papers: other storage than this machine's folder; ``data_dir`` then holds nothing but receipt keys.
        host: address to listen on.
        heartbeats: from :func:`ktpel_kiosk.packet.heartbeat_seal.heartbeat_checker`: whose signs of life count; without it none does.
        dinas: also serve the page of the Dinas.

    Raises:
        SecurityRefusal: ``simulator.production``. BadInput: ``packet.key``.
    """

    def __init__(self, data_dir: Path, *, clock: Clock, keys: SimulatorKeys, port: int = 0, behaviour: Behaviour | None = None,
                 opener: Checker | None = None, people: Mapping[str, Penduduk] | None = None, residents: Residents | None = None,
                 manifests: Manifests | None = None, place: UploadPlace | None = None, admin_port: int | None = None,
                 production: bool = False, open_store: Callable[[], Store] | None = None, papers: Objects | None = None,
                 host: str = "127.0.0.1",
                 heartbeats: Callable[[str], Heartbeat] | None = None, dinas: DinasDoor | None = None) -> None:
        if production:
            raise SecurityRefusal("simulator.production")
        signer = serialization.load_pem_private_key(keys.receipt_key, None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise BadInput("packet.key", reason="P-256 expected")
        self._folder, self._clock, self._keys, self._signer = data_dir, clock, keys, signer
        self._heartbeats, self._dinas = heartbeats, dinas
        self._open_store = open_store or (lambda: GatewayStore(data_dir))
        self._papers, self._host = papers or FolderObjects(data_dir), host
        self.behaviour = behaviour or Behaviour()
        self._opener, self._people, self._residents, self._manifests = opener, people or {}, residents, manifests
        self._place, self._admin_port = place, admin_port
        self._admin: tuple[_Listening, Callable[[], None]] | None = None
        self.receipt_keys = ReceiptKeyChain(data_dir / "receipt-keys.json", signer, keys.receipt_kid, clock.now)
        self.port = port
        self._running: tuple[_Listening, Routes] | None = None
        self._store: Store | None = None

    @property
    def base_url(self) -> str:
        return f"{'https' if self._keys.server_cert else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; returns when requests are answered. Raises IoFailure ``simulator.start``."""
        if self._running is not None:
            return
        store = self._opened()
        routes = Routes(store, self._clock, self.behaviour, self._signer, self._keys.receipt_kid, self._opener, self._people,
                        self._residents, lambda ports: CourierCounter(self._papers, ports, self._manifests), self._place,
                        self._heartbeats)
        routes.core.current_signer, routes.key_statements = self.receipt_keys.signer, self.receipt_keys.statements
        listening = _Listening(self._app(routes), self.port, "gateway-simulator", routes.attach, host=self._host, **self._tls())
        self._running, self.port = (listening, routes), listening.port
        try:
            listening.ready()
            if self._admin_port is not None:
                self._open_admin(routes)
        except IoFailure:
            self.stop()
            raise

    def _app(self, routes: Routes) -> Face:
        pages = () if self._dinas is None else DinasPages(routes.core, self._heartbeats, self._dinas).routes()
        return Face([*routes.routes(), *pages, *update_files(self._folder / "pembaruan")], self._clock)

    def _open_admin(self, routes: Routes) -> None:
        from ktpel_kiosk.siak.simulator.admin import Admin, leave_address, new_token

        token = new_token()
        listening = _Listening(Admin(routes.core, routes.feeder, token).app(), self._admin_port or 0, "gateway-admin")
        self._admin = (listening, leave_address(self._folder, f"http://127.0.0.1:{listening.port}", token))
        listening.ready()

    @property
    def admin_url(self) -> str:
        """Where the page is; empty when there is none."""
        return f"http://127.0.0.1:{self._admin[0].port}" if self._admin is not None else ""

    def stop(self) -> None:
        """Stop answering and close the store, as a server restart would."""
        if self._admin is not None:
            self._admin[0].stop()
            self._admin[1]()
            self._admin = None
        if self._running is not None:
            listening, routes = self._running
            routes.core.stop()
            listening.stop()
            routes.close()
            self._running = None
        if self._store is not None:
            self._store.close()
            self._store = None

    def __enter__(self) -> GatewaySimulator:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def holdings(self) -> list[Holding]:
        return self._opened().holdings()

    def content(self, packet_id: str) -> bytes | None:
        """Bytes of a completely received packet."""
        return self._opened().content(packet_id)

    def receipts(self) -> list[tuple[int, str]]:
        """(server sequence, packet id) of every receipt ever given."""
        return self._opened().receipts()

    def cards(self) -> list[tuple[str, str]]:
        """(event id, event) in order of arrival."""
        return self._opened().cards()

    def tell(self, packet_id: str, nik: str, status: StatusSiak, reason: str = "") -> None:
        """Put a status event into the feed now."""
        station = self._opened().tell(packet_id, nik, status, reason, wire.stamp(self._clock.now()))
        if self._running is not None:
            self._running[1].core.ring([station])

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def _tls(self) -> dict[str, Any]:
        if self._keys.server_cert is None:
            return {}
        options: dict[str, Any] = {"ssl_certfile": str(self._keys.server_cert), "ssl_keyfile": str(self._keys.server_key)}
        if self._keys.client_ca is not None:
            import ssl

            options |= {"ssl_ca_certs": str(self._keys.client_ca), "ssl_cert_reqs": int(ssl.CERT_REQUIRED)}
        return options


class _Listening:
    """An application on a loopback port, served by a thread of its own. Raises IoFailure ``simulator.start``."""

    def __init__(self, app: Face, port: int, name: str, attach: Callable[[], None] = lambda: None,
                 host: str = "127.0.0.1", **options: Any) -> None:
        try:
            listener = socket.create_server((host, port), backlog=BACKLOG)
        except OSError as e:
            raise IoFailure("simulator.start", errno=e.errno) from e
        self.port = int(listener.getsockname()[1])
        self._server = _AnnouncedServer(uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", http=StationProtocol, timeout_graceful_shutdown=1,
            server_header=False, date_header=False, proxy_headers=False, backlog=BACKLOG, timeout_keep_alive=KEEP_ALIVE_S, **options,
        ), attach)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, name=name, daemon=True)
        self._thread.start()

    def ready(self) -> None:
        if not self._server.ready.wait(START_S):
            raise IoFailure("simulator.start")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(STOP_S)


class _AnnouncedServer(uvicorn.Server):
    """uvicorn that says when it listens, instead of being polled."""

    def __init__(self, config: uvicorn.Config, attach: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready, self._attach = threading.Event(), attach

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._attach()
        await super().startup(sockets)
        self.ready.set()


