"""Three hundred values that belong to nobody, and how to find them in anything that was written."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from ktpel_kiosk.app.population import invent
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.sop import Kantor

TODAY = date(2026, 11, 20)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)


def token(kind: str, n: int) -> str:
    """A word of letters that stands nowhere else: consonants and vowels in turn, decided by kind and number."""
    seed = zlib.crc32(f"{kind}:{n}".encode()) * 2654435761 % 2**40
    letters = []
    for i in range(12):
        row = "BDGKLMNPRSTVWZ" if i % 2 == 0 else "AEIOU"
        letters.append(row[seed % len(row)])
        seed = seed // 3 + zlib.crc32(f"{kind}{n}{i}".encode())
    return "Q" + "".join(letters)


@dataclass(frozen=True)
class Marked:
    """One invented applicant; ``values``: what is looked for."""

    penduduk: Penduduk
    phone: str
    comment: str
    mother: str

    @property
    def four(self) -> tuple[str, str, str, str]:
        p = self.penduduk
        return p.nik, p.no_kk, p.nama.split()[0], p.alamat.split()[1]


def people(count: int, kantor: Kantor, villages: tuple[str, ...]) -> list[Marked]:
    made = []
    for n in range(count):
        base = invent(n, 41, kantor, villages, TODAY).penduduk
        nik = f"{base.nik[:12]}{7001 + n:04d}"
        penduduk = replace(base, nik=nik, no_kk=f"350816{n:02d}0119{7300 + n:04d}", nama=f"{token('nama', n)} CONTOH",
                           alamat=f"DUSUN {token('alamat', n)}")
        made.append(Marked(penduduk, f"0812777{n:02d}{4000 + n:04d}"[:13], f"titipan {token('catatan', n)}", token("ibu", n)))
    return made


def secrets(count: int) -> dict[str, list[str]]:
    """Passwords, a recovery code's words, PINs: typed where they do not belong."""
    return {
        "kata sandi": [f"Sd-{token('sandi', n)}-7" for n in range(count)],
        "kode pemulihan": [f"{token('pulih', n)[:5]}-{token('pulih', n + 50)[:5]}-{token('pulih', n + 90)[:5]}"
                           for n in range(max(1, count // 5))],
        "pin": [f"{zlib.crc32(b'pin%d' % n):010d}" for n in range(max(1, count // 3))],
    }


def marks(who: Iterable[Marked], words: dict[str, list[str]]) -> dict[str, str]:
    """Marker -> its kind; a phone is looked for without its prefix."""
    found: dict[str, str] = {}
    for m in who:
        nik, kk, nama, alamat = m.four
        found |= {nik: "nik", kk: "no kk", nama: "nama", alamat: "alamat", m.phone[1:]: "hp", m.comment.split()[1]: "catatan",
                  m.mother: "ibu"}
    return found | {w: kind for kind, ws in words.items() for w in ws}


def forms(word: str) -> list[bytes]:
    """``word`` as it may lie in a file: UTF-8 in three spellings of case, UTF-16, base64 at each of three offsets, hex."""
    plain = {word, word.lower(), word.title()}
    if len(word) == 16 and word.isdigit():
        plain |= {f"{word[:6]} {word[6:12]} {word[12:]}", f"{word[:4]} {word[4:8]} {word[8:12]} {word[12:]}"}
    made = [w.encode() for w in sorted(plain)]
    made += [word.encode("utf-16-le"), word.encode("utf-16-be")]
    raw = word.encode()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw + b"\0" * 2)
        first = -(-offset * 8 // 6)
        made.append(coded[first:first + (len(raw) * 8 - (6 - offset * 8 % 6) % 6) // 6])
    return [*made, raw.hex().encode(), raw.hex().upper().encode()]


class Finder:
    """Finds any of the markers in bytes, also inside deflated parts of PDF and ZIP files."""

    def __init__(self, words: Iterable[str]) -> None:
        self._forms = [(word, form) for word in words for form in forms(word)]

    def hits(self, data: bytes) -> set[str]:
        """The markers found."""
        return {word for blob in (data, *_inflated(data)) for word, form in self._forms if form in blob}

    def in_files(self, *folders: Path, skip: Iterable[Path] = ()) -> dict[str, set[str]]:
        """Path -> markers, names of files and folders included."""
        found: dict[str, set[str]] = {}
        passed = [p.resolve() for p in skip]
        for folder in folders:
            for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
                if any(path.resolve().is_relative_to(p) for p in passed):
                    continue
                data = path.name.encode() + b"\n" + (path.read_bytes() if path.is_file() and not path.is_symlink() else b"")
                if hit := self.hits(data):
                    found[str(path)] = hit
        return found


def _inflated(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"%PDF") or b"\n%PDF" in data[:400]:
        for part in _STREAM.findall(data):
            text = part
            if part.rstrip().endswith(b"~>"):
                try:
                    text = base64.a85decode(part.strip().removesuffix(b"~>"))
                except ValueError:
                    continue
            try:
                yield zlib.decompress(text)
            except zlib.error:
                continue
    if b"PK\x03\x04" in data[:400]:
        import io
        import zipfile
        try:
            with zipfile.ZipFile(io.BytesIO(data[data.index(b"PK\x03\x04"):])) as archive:
                yield from (archive.read(n) for n in archive.namelist())
        except (zipfile.BadZipFile, OSError):
            return


def flat(found: dict[str, Any]) -> str:
    """Where, and what kind of marker: for the message of a failing test, without the markers' number."""
    return "; ".join(f"{where}: {sorted(words)[:4]}" for where, words in found.items())
