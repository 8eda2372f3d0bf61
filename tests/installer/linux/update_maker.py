"""The maker of versions, by the page's own lines typed into the package: three holders of keys, two of them sign."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import technician
from clean_root import CleanRoot
from provisioning import Dinas

PAGE, SECTION = "pembaruan.md", "Untuk pembuat rilis (Dinas)"
LINE = "frasa mesin penanda"
HOLDERS = {"kunci-a.pem": "frasa pemegang a", "kunci-b.pem": "frasa pemegang b", "kunci-c.pem": "frasa pemegang c"}


@dataclass(frozen=True)
class Maker:
    """``folder``: below the home of the Dinas, made by :meth:`begun`."""

    root: CleanRoot
    dinas: Dinas
    folder: str

    @property
    def home(self) -> Path:
        return self.root.path / "home/dinas" / self.folder

    def _line(self, start: str) -> list[str]:
        """Lines of the page that begin so, without the comment behind them."""
        lines = [line.split("  #")[0].rstrip() for line in technician.commands(PAGE, SECTION)]
        found = [line for line in lines if line.startswith(f"ktpel-kiosk update-repository {start}")]
        assert found, start
        return found

    def _typed(self, line: str, *answers: tuple[str, str]) -> str:
        return self.dinas(f"cd {self.folder} && {line}", *answers)

    def begun(self) -> str:
        """The three keys and the first root; returns its fingerprint, as it is printed for the technician."""
        self.dinas(f"mkdir {self.folder}")
        [key] = self._line("key")
        for name, phrase in HOLDERS.items():
            self._typed(key.replace("kunci-a.pem", name), (f"Frasa sandi {name}", phrase), ("onfirm", phrase))
        [init] = self._line("init")
        said = self._typed(init, ("sambungan.pem", LINE), ("onfirm", LINE), *HOLDERS.items())
        return said.strip().splitlines()[-1]

    def released(self, version: str, change: Callable[[Path], None], signers: Sequence[str] = ("kunci-a.pem", "kunci-c.pem")) -> None:
        """The package's own code as another version, changed, signed by two, in the mirror."""
        tree = self.home / f"kode-{version}"
        shutil.copytree(self.root.path / "usr/lib/ktpel-kiosk/app", tree, ignore=shutil.ignore_patterns("__pycache__"))
        change(tree)
        self.root.done(f"chown -R dinas: /home/dinas/{self.folder}")
        [add] = self._line("add")
        said = self._typed(add.replace("POHON-KODE", tree.name), ("sambungan.pem", LINE))
        assert f"Versi {version}" in said
        sign = self._line("sign")
        assert len(sign) == len(signers)
        for line, name in zip(sign, signers, strict=True):
            assert name in line
            said = self._typed(line, ("sambungan.pem", LINE), (name, HOLDERS[name]))
        assert "2 dari 2 tanda tangan sah" in said
        [publish] = self._line("publish")
        self._typed(publish, ("sambungan.pem", LINE))

    def carried(self, stick: str) -> None:
        """The mirror onto a stick that is in."""
        [mirror] = self._line("mirror")
        self.root.done(f"chmod a+rwx {stick}")  # the Dinas' own computer mounts it for its own user
        self._typed(mirror.replace("/media/USB", stick))
