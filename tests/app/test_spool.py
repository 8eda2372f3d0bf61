"""The spool: names stay inside the folder, and what a killed export left in plaintext is swept away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ktpel_kiosk.app.spool import FileSpool


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_working_folders_of_dead_exports_are_removed_and_living_ones_stay(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path / "documents")
    work = spool.scratch()
    left, busy, foreign = work / f"ktpel-buku-{dead_pid()}-ab12", work / f"ktpel-buku-{os.getpid()}-cd34", work / "catatan"
    for folder in (left, busy, foreign):
        folder.mkdir()
        (folder / "sheet1.xml").write_text("SITI CONTOH")
    FileSpool(tmp_path / "documents").sweep()
    assert not left.exists()
    assert (busy / "sheet1.xml").exists()
    assert foreign.exists()


def test_no_name_leaves_the_folder(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path / "documents")
    kept = spool.keep("../../etc/passwd", b"x", "../arsip/..")
    assert kept.resolve().is_relative_to((tmp_path / "documents").resolve())
