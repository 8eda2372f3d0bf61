"""The frozen desk of installer/windows on this system: ``python tools/freeze.py --out DIR`` builds it and lets it prove itself.

On Linux this proves the analysis of the spec (imports by name, data, children), not Windows. Installs the locked PyInstaller
(requirements/freeze.txt) into DIR/tools, never into the environment; builds DIR/dist/ktpel-kiosk (5 to 15 minutes). Then, with an
empty environment: ``doctor``, a walk of one applicant from counter to hand-over, a child that decodes a picture. ``--only-try``: no build.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUFFIX = ".exe" if os.name == "nt" else ""


def build(out: Path) -> None:
    tools = out / "tools"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "--target", str(tools),
                    "--upgrade", "-r", str(ROOT / "requirements" / "freeze.txt")], check=True)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(tools)))}
    subprocess.run([sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--distpath", str(out / "dist"),
                    "--workpath", str(out / "work"), str(ROOT / "installer" / "windows" / "ktpel-kiosk.spec")], env=env, check=True)


def bare(home: Path) -> dict[str, str]:
    """Nothing of this checkout or its environment can be found from here."""
    keep = ("SYSTEMROOT", "PATH", "TEMP", "TMP") if os.name == "nt" else ("PATH",)
    return {**{k: os.environ[k] for k in keep if k in os.environ}, "HOME": str(home), "LANG": "C.UTF-8", "KTPEL_DATA": str(home / "data")}


def prove(folder: Path, home: Path) -> list[str]:
    """What went wrong, a line each."""
    wrong: list[str] = []

    def run(program: str, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        began = time.monotonic()
        done = subprocess.run([str(folder / f"{program}{SUFFIX}"), *arguments], env=bare(home), cwd=home, input=data, capture_output=True,
                              check=False, timeout=900)
        print(f"{program} {' '.join(arguments)[:60]}: {done.returncode} in {time.monotonic() - began:.1f} s", flush=True)
        return done

    doctor = run("ktpel-kiosk", "doctor", "--json")
    states = {c["name"]: c["state"] for c in json.loads(doctor.stdout or b"[]")}
    wrong += [f"doctor: {name} is {states.get(name)}" for name in ("versi", "sumber daya", "SQLCipher", "sidik jari")
              if states.get(name) != "baik"]
    demo = run("ktpel-kiosk", "demo", "--office", "tempeh", "--applicants", "1", "--out", str(home / "hari"))
    summary = home / "hari" / "summary.json"
    if demo.returncode or not summary.is_file() or not list((home / "hari" / "packets").iterdir()):
        wrong.append(f"demo: {demo.stderr.decode(errors='replace')[-400:]}")
    picture = (ROOT / "docs" / "manual" / "gambar" / "loket.png").read_bytes()
    worker = folder / "_internal" / "ktpel_kiosk" / "biometrics" / "sandbox_worker.py"
    child = run("ktpel-python", "-I", "-B", str(worker), "image/png", "50000000", str(512 << 20), "20", data=picture)
    if child.stdout[:1] != b"O":
        wrong.append(f"child: {child.stdout[:1]!r} {child.stderr.decode(errors='replace')[-400:]}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only-try", action="store_true")
    given = parser.parse_args()
    out = given.out.resolve()
    if not given.only_try:
        build(out)
    with tempfile.TemporaryDirectory() as home:
        wrong = prove(out / "dist" / "ktpel-kiosk", Path(home))
    print(*wrong, sep="\n") if wrong else print("the frozen desk works")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
