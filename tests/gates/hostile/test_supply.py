"""What is shipped: the bill of materials and licences are true, engines are new enough, no secret lies among the files."""

from __future__ import annotations

import importlib.util
import json
import re
import ssl
import subprocess
import zipfile
from pathlib import Path

import pytest
from hostile_walk import SRC

ROOT = SRC.parents[1]
_SPEC = importlib.util.spec_from_file_location("sbom_tool", ROOT / "tools" / "sbom.py")
assert _SPEC and _SPEC.loader
sbom = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(sbom)

SECRET = re.compile(rb"-----BEGIN (?:RSA |EC |ENCRYPTED |OPENSSH )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"
                    rb"|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}"
                    rb"|xox[abprs]-[A-Za-z0-9-]{20}|AIza[0-9A-Za-z_-]{35}")


def test_the_bill_of_materials_and_the_licences_are_up_to_date() -> None:
    made, kept = sbom.bill(), json.loads(sbom.BILL.read_text("utf-8"))
    assert [(c["name"], c.get("version")) for c in made["components"]] == [(c["name"], c.get("version")) for c in kept["components"]]
    assert sbom.LICENCES.read_text("utf-8") == sbom.licences(), "run python tools/sbom.py"
    assert "unknown" not in sbom.licences()
    assert all((ROOT / text).is_file() for *_, text in sbom.RESOURCES)


def test_an_advisory_export_is_read_without_a_network(tmp_path: Path) -> None:
    name, (version, _) = next(iter(sbom.locked().items()))
    def entry(number: str, **affected: object) -> tuple[str, str]:
        return f"{number}.json", json.dumps({"id": number, "affected": [{"package": {"ecosystem": "PyPI", "name": name}, **affected}]})

    with zipfile.ZipFile(tmp_path / "osv.zip", "w") as archive:
        for file, text in (entry("A-1", versions=[version]), entry("A-2", versions=["0.0.0"]),
                           entry("A-3", ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.0.1"}]}]),
                           entry("A-4", ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}])):
            archive.writestr(file, text)
    assert sbom.advisories(tmp_path / "osv.zip") == [f"{name} {version} A-1", f"{name} {version} A-4"]


def test_engines_are_not_older_than_what_they_were_tried_with() -> None:
    import cv2
    import PySide6
    import sqlcipher3

    def numbers(text: str) -> tuple[int, ...]:
        return tuple(int(n) for n in re.findall(r"\d+", text)[:3])

    assert numbers(sqlcipher3.sqlite_version) >= (3, 51, 3)
    assert numbers(cv2.__version__) >= (4, 12)
    assert numbers(PySide6.__version__) >= (6, 8)
    assert ssl.OPENSSL_VERSION_INFO >= (3, 0)


def test_no_secret_lies_among_the_files() -> None:
    listed = subprocess.run(["/usr/bin/git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=False)
    names = [n for n in listed.stdout.decode().split("\0") if n]
    if listed.returncode or not names:
        pytest.skip("not a git checkout")
    found = [n for n in names if (ROOT / n).is_file() and (ROOT / n).stat().st_size < 2_000_000 and SECRET.search((ROOT / n).read_bytes())]
    assert found == []
    assert SECRET.search(b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 60)
