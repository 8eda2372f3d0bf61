"""One year of an office, 50,000 rows of the buku permohonan, to XLSX: against bare xlsxwriter (constant_memory) writing the same cells.

Both sides run in processes of their own, take rows from the same generator and write to a file on the same disk, best of two,
taken in turns. Ours adds checks, content hash, styles, character guards, letterhead, widths, filter and signatures. Memory is what
the process grew by while exporting, at 5,000 and at 50,000 rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = 50_000
FEW = 5_000
GROWTH_MB = 8.0
"""Ten times the rows may cost this much more memory at most (caches that fill up, not rows)."""

WORK = '''
import json, resource, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
from ktpel_kiosk.domain.text import mask_nik
from ktpel_kiosk.ports.papers import Book, BookRow, BookRows

COLUMNS = ("No.", "Nomor Register", "Tanggal", "Jam", "Nama Lengkap", "NIK", "No. KK", "L/P", "Tempat/Tgl Lahir", "Alamat", "No. HP",
           "Jenis Permohonan", "Kelengkapan", "Petugas Loket", "Paraf Verifikator", "Validator", "Keterangan")
NAMES = ("SLAMET RIYADI", "SITI CONTOH LESTARI", "M. MUT'ROF", "NUR'AINI", "RR. DEWI SEKAR ARUM KUSUMANINGTYAS", "SUHARTO")

def rows(count):
    for i in range(1, count + 1):
        void = i % 97 == 0
        yield BookRow((
            i, f"{{i:05d}}/KTP/XI/2026", f"{{i % 28 + 1:02d}}/11/2026", f"{{8 + i % 7:02d}}.{{i % 60:02d}}", f"{{NAMES[i % 6]}} {{i}}",
            f"350805{{i % 999999:06d}}{{i % 9999:04d}}", f"350801{{i % 999999:06d}}{{i % 9999:04d}}", "LP"[i % 2],
            f"LUMAJANG, {{i % 28 + 1:02d}}/02/{{1960 + i % 48}}",
            f"DUSUN KRAJAN {{i % 9}}, RT/RW {{i % 20:03d}}/{{i % 12:03d}}, TEMPEH LOR",
            f"+62812{{i:08d}}", ("KTP-el baru", "Rusak", "Hilang")[i % 3], "L" if i % 5 else "TL", "rina", "budi", "kasi.tempeh",
            "BATAL: pemohon salah kecamatan" if void else ""), void=void)

def ours(count, path, format="xlsx"):
    from ktpel_kiosk.documents.office import OfficeDocuments
    from ktpel_kiosk.app.resources import resources
    book = Book("Buku Register Permohonan KTP-el", "Tahun 2026", COLUMNS, BookRows(count, lambda: rows(count)), frozenset({{1, 5, 6, 10}}),
                ("Pemerintah Kabupaten Lumajang", "Kecamatan Tempeh"), "Tempeh, 31 Desember 2026",
                (("Camat Tempeh", "Drs. Bambang Contoh", "197001011995031002"), ("Petugas", "Rina Wulandari", "")))
    office = OfficeDocuments(resources())
    for warm in ("xlsx", format):
        with open(str(path) + ".warm", "wb") as sink:
            office.write_book(Book("x", "y", ("a",), (BookRow(("b",)),), frozenset(), (), "", ()), warm, sink, tmpdir=path.parent)
    begin = measure()
    with open(path, "wb") as sink:
        office.write_book(book, format, sink, tmpdir=path.parent)
    return begin

def bare(count, path):
    import xlsxwriter
    begin = measure()
    workbook = xlsxwriter.Workbook(str(path), {{"constant_memory": True, "tmpdir": str(path.parent)}})
    sheet = workbook.add_worksheet()
    for c, name in enumerate(COLUMNS):
        sheet.write_string(0, c, name)
    for r, row in enumerate(rows(count), start=1):
        for c, value in enumerate(row.cells):
            if isinstance(value, str):
                sheet.write_string(r, c, value)
            else:
                sheet.write_number(r, c, value)
    workbook.close()
    return begin

def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024

def measure():
    return time.perf_counter(), time.process_time(), resident()

what, count, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
wall, cpu, before = bare(count, path) if what == "bare" else ours(count, path, what)
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu, resident() - before, path.stat().st_size / 1e6]))
'''


def once(what: str, count: int) -> tuple[float, float, float, float]:
    """(seconds, CPU seconds, MB grown, file in MB) of one export in a fresh process."""
    with tempfile.TemporaryDirectory() as scratch:
        code = WORK.format(here=str(Path(__file__).resolve().parents[1] / "src"))
        command = [sys.executable, "-c", code, what, str(count), str(Path(scratch) / "buku")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    wall, cpu, grown, size = json.loads(done.stdout)
    return wall, cpu, grown, size


def run() -> tuple[float, float, str]:
    taken = [(once("bare", ROWS), once("xlsx", ROWS)) for _ in range(2)]
    bare = min(b[1] for b, _ in taken)
    ours = min(o[1] for _, o in taken)
    many, few = min(o[2] for _, o in taken), once("xlsx", FEW)[2]
    assert many - few <= GROWTH_MB, f"memory grows with the rows: {few:.1f} MB at {FEW}, {many:.1f} MB at {ROWS}"
    size = taken[0][1][3]
    detail = (f"{ROWS:,} rows x 17: {ours:.1f} s CPU against {bare:.1f} s; memory +{few:.1f} MB at {FEW:,} rows, "
              f"+{many:.1f} MB at {ROWS:,}; {size:.1f} MB file")
    return ours / bare, 1.5, detail


if __name__ == "__main__":
    print(run())
