"""Population lists as files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

COLUMNS = ("NIK", "NO_KK", "NAMA_LGKP", "JENIS_KLMIN", "TMPT_LHR", "TGL_LHR", "GOL_DRH", "AGAMA", "STAT_KWN", "STAT_HBKEL", "PDDK_AKH",
           "JENIS_PKRJN", "ALAMAT", "NO_RT", "NO_RW", "DUSUN", "NO_PROP", "NO_KAB", "NO_KEC", "NO_KEL", "KODE_POS", "EKTP_STATUS")
SITI = {
    "NIK": "3508054502080001", "NO_KK": "3508050101150001", "NAMA_LGKP": "SITI CONTOH", "JENIS_KLMIN": "2", "TMPT_LHR": "LUMAJANG",
    "TGL_LHR": "05-02-2008", "GOL_DRH": "4", "AGAMA": "1", "STAT_KWN": "1", "STAT_HBKEL": "4", "PDDK_AKH": "5", "JENIS_PKRJN": "3",
    "ALAMAT": "DUSUN KRAJAN", "NO_RT": "3", "NO_RW": "7", "DUSUN": "KRAJAN", "NO_PROP": "35", "NO_KAB": "8", "NO_KEC": "5",
    "NO_KEL": "2007", "KODE_POS": "67371", "EKTP_STATUS": "BELUM REKAM",
}


def resident(serial: int, **changes: str) -> dict[str, str]:
    return {**SITI, "NIK": f"350805450208{serial:04d}", **changes}


def text_of(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS, delimiter: str = ";") -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS, delimiter: str = ";",
          encoding: str = "utf-8") -> Path:
    path.write_bytes(text_of(rows, columns, delimiter).encode(encoding))
    return path
