"""The structures we hand to Windows are laid out as a Windows compiler lays them out."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from win32_double import EXTENDED_SIZE

from ktpel_kiosk.win32_calls import BasicLimit, DataBlob, ExtendedLimit, IoCounters

COMPILER = shutil.which("x86_64-w64-mingw32-gcc")
KNOWN = {"BasicLimit": (64, 16), "IoCounters": (48, None), "ExtendedLimit": (EXTENDED_SIZE, None), "DataBlob": (16, None)}
NAMES = {BasicLimit: "JOBOBJECT_BASIC_LIMIT_INFORMATION", IoCounters: "IO_COUNTERS",
         ExtendedLimit: "JOBOBJECT_EXTENDED_LIMIT_INFORMATION", DataBlob: "DATA_BLOB"}
CONSTANTS = {"JobObjectExtendedLimitInformation": "JOB_EXTENDED_LIMIT", "JOB_OBJECT_LIMIT_PROCESS_TIME": "LIMIT_PROCESS_TIME",
             "JOB_OBJECT_LIMIT_PROCESS_MEMORY": "LIMIT_PROCESS_MEMORY", "JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE": "LIMIT_KILL_ON_CLOSE",
             "JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION": "LIMIT_DIE_ON_UNHANDLED", "MOVEFILE_REPLACE_EXISTING": "REPLACE_EXISTING",
             "MOVEFILE_WRITE_THROUGH": "WRITE_THROUGH", "CRYPTPROTECT_UI_FORBIDDEN": "CRYPT_UI_FORBIDDEN",
             "CRYPTPROTECT_LOCAL_MACHINE": "CRYPT_LOCAL_MACHINE"}


def ours() -> dict[str, int]:
    from ktpel_kiosk import win32_calls

    found = {f"{name}.{field}": getattr(kind, field).offset for kind, name in NAMES.items() for field, *_ in kind._fields_}
    sizes = {name: ctypes.sizeof(kind) for kind, name in NAMES.items()}
    return found | sizes | {theirs: getattr(win32_calls, mine) for theirs, mine in CONSTANTS.items()}


def test_sizes_on_64_bit_windows() -> None:
    assert {kind.__name__: ctypes.sizeof(kind) for kind in NAMES} == {name: size for name, (size, _) in KNOWN.items()}
    assert BasicLimit.LimitFlags.offset == 16 and ExtendedLimit.ProcessMemoryLimit.offset == 112 and DataBlob.pbData.offset == 8


@pytest.mark.skipif(COMPILER is None, reason="no x86_64-w64-mingw32-gcc (Debian: gcc-mingw-w64-x86-64)")
def test_a_windows_compiler_agrees_on_every_offset_and_constant(tmp_path: Path) -> None:
    """The compiler writes the numbers as initialised data of an assembly listing: nothing has to run."""
    wanted = ours()
    lines = ["#define _WIN32_WINNT 0x0A00", "#include <stddef.h>", "#include <windows.h>", "#include <wincrypt.h>"]
    for at, name in enumerate(wanted):
        kind, _, field = name.partition(".")
        value = f"offsetof({kind}, {field})" if field else name if name in CONSTANTS else f"sizeof({kind})"
        lines.append(f"const long long asked_{at} = {value};")
    source = tmp_path / "layout.c"
    source.write_text("\n".join(lines) + "\n")
    done = subprocess.run([str(COMPILER), "-S", "-O0", "-o", "-", str(source)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    told = {int(n): int(value) for n, value in re.findall(r"^asked_(\d+):\s*\n\s*\.quad\s+(-?\d+)", done.stdout, re.MULTILINE)}
    told |= {int(n): 0 for n in re.findall(r"^asked_(\d+):\s*\n\s*\.space\s+8", done.stdout, re.MULTILINE)}
    assert {name: told.get(at) for at, name in enumerate(wanted)} == wanted
