"""Signing on Linux with a certificate made here: the signature holds, and no longer when a byte changes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from test_windows_installer import ROOT, make, needs_nsis

SIGN = ROOT / "installer" / "windows" / "sign.sh"
pytestmark = [needs_nsis, pytest.mark.skipif(shutil.which("osslsigncode") is None, reason="no osslsigncode (Debian: osslsigncode)")]


def certificate(folder: Path, usage: str) -> tuple[Path, Path]:
    key, chain = folder / f"{usage}.key", folder / f"{usage}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=Dinas Percobaan", "-addext", f"extendedKeyUsage={usage}", "-addext", "keyUsage=digitalSignature",
                    "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True, timeout=60)
    return key, chain


def sign(program: Path, key: Path, chain: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "SIGN_KEY": str(key), "SIGN_CERTS": str(chain)}
    return subprocess.run(["sh", str(SIGN), str(program)], env=env, capture_output=True, text=True, check=False, timeout=60)


def holds(program: Path, chain: Path) -> bool:
    return subprocess.run(["osslsigncode", "verify", "-CAfile", str(chain), "-in", str(program)], capture_output=True, check=False,
                          timeout=60).returncode == 0


def test_the_installer_is_signed_and_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    program = make(tmp_path, "1.0.0", {})
    before = program.read_bytes()
    key, chain = certificate(tmp_path, "codeSigning")
    assert not holds(program, chain)
    done = sign(program, key, chain)
    assert done.returncode == 0 and "signed" in done.stdout and "no time stamp" in done.stderr, done.stderr
    assert holds(program, chain) and len(program.read_bytes()) > len(before)
    changed = bytearray(program.read_bytes())
    changed[len(before) // 2] ^= 1
    (tmp_path / "lain.exe").write_bytes(changed)
    assert not holds(tmp_path / "lain.exe", chain)
    assert not holds(program, certificate(tmp_path, "codeSigning,clientAuth")[1])  # somebody else's certificate


def test_a_certificate_for_something_else_signs_nothing(tmp_path: Path) -> None:
    program = make(tmp_path, "1.0.0", {})
    before = program.read_bytes()
    key, chain = certificate(tmp_path, "serverAuth")
    assert sign(program, key, chain).returncode != 0
    assert program.read_bytes() == before and not list(tmp_path.glob("*.signed"))
