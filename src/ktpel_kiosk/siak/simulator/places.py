"""Where the bytes go: to this server, or to another tus server that scales out. The kiosk follows the URL and knows no difference."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import httpx

from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.records import Holding

TIMEOUT_S = 10.0
BLOCK = 256 * 1024


class PlaceTrouble(Exception):
    """The other server does not answer as it should; the kiosk is told to come later."""


class UploadPlace(Protocol):
    """Another tus server. Methods block and may be called from many threads. All raise PlaceTrouble."""

    def create(self, holding: Holding) -> str:
        """A new upload of ``holding.size`` bytes there; its absolute URL, as kiosks see it."""
        ...

    def offset(self, url: str) -> int | None:
        """Bytes that are there; ``None`` when the upload is unknown."""
        ...

    def blocks(self, url: str, size: int) -> Iterator[bytes]:
        """The bytes of a finished upload, at most ``size`` + 1."""
        ...

    def drop(self, url: str) -> None:
        """The bytes were taken, or are wrong; the place may forget them. Best effort, raises nothing."""
        ...


class TusPlace:
    """A tus 1.0.0 server with the creation extension.

    Args:
        create_url: where uploads are created by POST.
        folder: the server's own folder, when it is shared with us: a finished upload is read from the file named by the last part
            of its URL. Without it the bytes come by HTTP GET from the upload's URL.
        headers: sent with every request, e.g. an authorisation.
    """

    def __init__(self, create_url: str, folder: Path | None = None, headers: dict[str, str] | None = None) -> None:
        self._create_url, self._folder = create_url, folder
        self._client = httpx.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False,
                                    headers={"Tus-Resumable": wire.TUS_VERSION, **(headers or {})})

    def close(self) -> None:
        self._client.close()

    def create(self, holding: Holding) -> str:
        # some servers (tuspyserver) take no upload without the last two
        facts = {"packet_id": holding.packet_id, "sha256": holding.sha256, "filename": f"{holding.packet_id}.ktpelpkt",
                 "filetype": "application/octet-stream"}
        metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in facts.items())
        answer = self._ask("POST", self._create_url, {"Upload-Length": str(holding.size), "Upload-Metadata": metadata})
        location = answer.headers.get("Location", "")
        if answer.status_code != 201 or not location:
            raise PlaceTrouble(f"create {answer.status_code}")
        return str(httpx.URL(self._create_url).join(location))

    def offset(self, url: str) -> int | None:
        answer = self._ask("HEAD", url, {})
        if answer.status_code in (404, 410):
            return None
        text = answer.headers.get("Upload-Offset", "")
        if answer.status_code not in (200, 204) or not text.isascii() or not text.isdigit() or len(text) > 15:
            raise PlaceTrouble(f"offset {answer.status_code}")
        return int(text)

    def blocks(self, url: str, size: int) -> Iterator[bytes]:
        return self._from_folder(url) if self._folder is not None else self._from_server(url, size)

    def _from_folder(self, url: str) -> Iterator[bytes]:
        assert self._folder is not None
        name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
        if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
            raise PlaceTrouble("name")
        try:
            with (self._folder / name).open("rb") as file:
                while block := file.read(BLOCK):
                    yield block
        except OSError as e:
            raise PlaceTrouble("file") from e

    def _from_server(self, url: str, size: int) -> Iterator[bytes]:
        got = 0
        try:
            with self._client.stream("GET", url) as answer:
                if answer.status_code != 200:
                    raise PlaceTrouble(f"read {answer.status_code}")
                for block in answer.iter_bytes(BLOCK):
                    yield block
                    got += len(block)
                    if got > size:
                        return
        except httpx.HTTPError as e:
            raise PlaceTrouble("read") from e

    def drop(self, url: str) -> None:
        try:
            self._client.delete(url)
        except httpx.HTTPError:
            return

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> httpx.Response:
        try:
            return self._client.request(method, url, headers=headers)
        except httpx.HTTPError as e:
            raise PlaceTrouble(method.lower()) from e
