"""The same session is the same bytes: today, on another Python, in ten years. ``golden/`` changes only with the format's version."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import golden_sessions
import numpy as np
import pytest

from ktpel_kiosk.biometrics import codecs, pen
from ktpel_kiosk.biometrics.encode import FACE_RATIO, IRIS_RATIO
from ktpel_kiosk.biometrics.encode import signature_isf as real_isf
from ktpel_kiosk.biometrics.encode import signature_png as real_png
from ktpel_kiosk.domain.biometric import PenPoint, Position, RawImage
from ktpel_kiosk.packet import birs, build, cms
from ktpel_kiosk.packet.container import write_container
from ktpel_kiosk.packet.keys import load_certificate, load_rsa_key, load_signing_key
from ktpel_kiosk.ports.devices import SignatureCapture

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
SOURCES = HERE.parents[1] / "src"


@pytest.fixture
def stubbed(monkeypatch):
    stub = golden_sessions.stub_encoders()
    monkeypatch.setattr(birs, "encode_sample", stub.encode_sample)
    monkeypatch.setattr(build, "signature_png", stub.signature_png)
    monkeypatch.setattr(build, "signature_isf", stub.signature_isf)


def test_container_and_entries_are_the_golden_bytes(stubbed):
    expected = json.loads((GOLDEN / "digests.json").read_bytes())
    found = golden_sessions.digests()
    assert list(found) == list(expected)
    for name in expected:
        assert found[name] == expected[name], name


@pytest.mark.parametrize("name", list(golden_sessions.SESSIONS))
def test_manifest_is_the_golden_file(stubbed, name):
    assert golden_sessions.manifest(name) == (GOLDEN / f"{name}.manifest.json").read_bytes()


def _pythons() -> Iterator[Path]:
    """Other CPythons of this machine, one of each version from 3.11 on."""
    places = [Path(p) for n in range(11, 16) if (p := shutil.which(f"python3.{n}"))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    seen = {sys.version.split()[0]}
    for python in [*sorted(pyenv.glob("3.*/bin/python3")), Path("/usr/bin/python3"), *places]:
        try:
            told = subprocess.run([python, "-V"], capture_output=True, text=True, timeout=60, check=True).stdout.split()
        except (OSError, subprocess.SubprocessError):
            continue
        version = told[1] if len(told) == 2 else ""
        number = re.match(r"3\.(\d+)\.", version)
        if number and int(number[1]) >= 11 and version not in seen:
            seen.add(version)
            yield python


def _same_there(python: Path) -> None:
    expected = json.loads((GOLDEN / "digests.json").read_bytes())
    done = subprocess.run([python, HERE / "golden_sessions.py"], capture_output=True, text=True, timeout=120, check=False,
                          env={"PYTHONPATH": str(SOURCES), "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, f"{python}: {done.stderr[-500:]}"
    told = json.loads(done.stdout)
    assert told["version"] != sys.version.split()[0]
    assert told["digests"] == expected, told["version"]
    for name, manifest in told["manifests"].items():
        assert base64.b64decode(manifest) == (GOLDEN / f"{name}.manifest.json").read_bytes()


def test_another_python_makes_the_same_bytes():
    python = max(_pythons(), default=None)
    if python is None:
        pytest.skip("no second CPython >= 3.11 on this machine")
    _same_there(python)


@pytest.mark.gate
def test_every_python_of_this_machine_makes_the_same_bytes():
    pythons = list(_pythons())
    if not pythons:
        pytest.skip("no second CPython >= 3.11 on this machine")
    for python in pythons:
        _same_there(python)


def encoder_digests() -> dict[str, str]:
    """What the native encoders make of fixed pictures, drawn here in whole numbers."""
    y, x = np.mgrid[0:320, 0:320].astype(np.int64)
    waves = (((x * x + y * y) // 90 + x * y // 70) % 256).astype(np.uint8)
    grey = RawImage(320, 320, 1, waves.tobytes(), 500)
    colour = RawImage(320, 320, 3, np.stack([waves, waves.T, 255 - waves], axis=2).tobytes())
    line = tuple(PenPoint(100 + 9 * n, 500 + (n * n) % 700, 400 if n % 20 else 0, 10 * n) for n in range(120))
    ink = golden_sessions.sample(Position.SIGNATURE, media_type=pen.MEDIA_TYPE, data=pen.encode(SignatureCapture(line, 9600, 6000)))
    made = {
        "wsq": codecs.encode_wsq(grey), "jp2 iris": codecs.encode_jp2(grey, IRIS_RATIO), "jp2 face": codecs.encode_jp2(colour, FACE_RATIO),
        "isf": real_isf(ink), "signature png": real_png(ink),
    }
    return {name: hashlib.sha256(data).hexdigest() for name, data in made.items()}


def test_native_encoders_are_pinned():
    """Apart from the container: a new release of an image library may change these, and then only ``encoders.json`` does."""
    assert encoder_digests() == json.loads((GOLDEN / "encoders.json").read_bytes())


def test_sealed_twice_differs_and_opens_equal(stubbed, demo_keys):
    container = write_container(build.build_entries(golden_sessions.full()))
    key, certificate = load_signing_key(demo_keys.station_key.read_bytes()), load_certificate(demo_keys.station_cert.read_bytes())
    central = load_certificate(demo_keys.central_cert.read_bytes())
    once, twice = (cms.seal(container, key, certificate, golden_sessions.AT, [central]) for _ in range(2))
    assert once != twice
    opener = load_rsa_key(demo_keys.central_key.read_bytes())
    assert cms.unseal(once, opener, central).content == cms.unseal(twice, opener, central).content == container
