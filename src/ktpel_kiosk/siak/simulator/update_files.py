"""The mirror of new versions as it lies in a folder: static files that verify themselves, for every desk."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from ktpel_kiosk.siak.simulator.face import Route
from ktpel_kiosk.siak.simulator.http import problem

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")


def update_files(folder: Path) -> list[Route]:
    """``GET /v1/updates/metadata/x`` and ``/targets/y``, with ranges; what is not there is 404, also the whole folder."""
    async def file(request: Request) -> Response:
        kind, name = request.path_params["kind"], request.path_params["name"]
        path = folder / kind / name
        if kind not in ("metadata", "targets") or not _NAME.fullmatch(name) or not path.is_file():
            return problem(404, "update")
        return FileResponse(path, media_type="application/octet-stream")

    return [Route("GET", "/v1/updates/{kind}/{name}", file)]
