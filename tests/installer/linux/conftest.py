"""One clean Debian 12 with the package installed by the pages, and the office made in it, for every file of this folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import provisioning
import pytest
import technician
from clean_root import CleanRoot


@pytest.fixture(scope="session")
def package() -> Path:
    """``KTPEL_DEB`` names one that is built already."""
    given = os.environ.get("KTPEL_DEB")
    if given:
        return Path(given)
    build = Path(__file__).parents[3] / "tools/deb.py"
    said = subprocess.run([sys.executable, str(build)], capture_output=True, text=True, timeout=3600, check=False)
    assert said.returncode == 0, said.stderr
    return Path(said.stdout.split()[0])


@pytest.fixture(scope="session")
def root(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanRoot]:
    """Installed by pemasangan.md: every line of its steps 1 to 6, in order."""
    folder = tmp_path_factory.mktemp("deb")
    made = CleanRoot.unpacked(folder / "root")
    try:
        content = folder / "usb"
        content.mkdir()
        shutil.copyfile(package, content / package.name)
        made.stick("sda1", "USB", 700, content)
        shutil.rmtree(content)
        for line in technician.numbered("pemasangan.md"):
            if line not in technician.AT_THE_MACHINE:
                with (made.path / "said").open("a") as said:
                    said.write(f"$ {line}\n{made.done(line)}\n")
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def office(root: CleanRoot) -> provisioning.Office:
    """Provisioned by penyediaan.md."""
    return provisioning.provisioned(root)
