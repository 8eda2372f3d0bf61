"""What a biometric file is and what it holds, for a person: one line a record. Nothing is decompressed.

Knows FIR, FAC, IIR (2005 and 2011), FMR (2005, 2011), ISO/IEC 19794-7, CBEFF XML, ANSI/NIST-ITL, WSQ, JPEG 2000, JPEG and PNG.
Errors: BadInput ``record.*`` or ``image.*`` naming the file; nothing else, whatever the bytes. Any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ktpel_kiosk.biometrics import an2k, cbeff, codecs, images, isf
from ktpel_kiosk.biometrics.records import common, fac, fac2005, fir, fir2005, fmr, fmr2011, iir, iir2005
from ktpel_kiosk.biometrics.records.common import QualityBlock
from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR, THUMBS, Position
from ktpel_kiosk.domain.errors import BadInput


@dataclass(frozen=True, slots=True)
class Line:
    """One record or picture. ``size`` ``WxH`` or empty; ``ppi`` 0 unknown; ``length`` bytes; ``quality`` as written, or empty."""

    what: str
    part: str = ""
    size: str = ""
    ppi: int = 0
    coding: str = ""
    length: int = 0
    quality: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """``format`` of the whole file; ``facts`` about it as (name, value)."""

    format: str
    lines: tuple[Line, ...]
    facts: tuple[tuple[str, str], ...] = ()


CODING = {codecs.WSQ: "WSQ", codecs.JP2: "JPEG 2000", codecs.JPEG: "JPEG", codecs.PNG: "PNG", codecs.RAW: "tanpa pemampatan"}
_GROUPS = {RIGHT_FOUR: "empat jari kanan", LEFT_FOUR: "empat jari kiri", THUMBS: "kedua ibu jari"}
_FINGERS = {"thumb": "ibu jari", "index": "telunjuk", "middle": "jari tengah", "ring": "jari manis", "little": "kelingking"}
_SIDES = {"right": "kanan", "left": "kiri"}
_EXCUSED = {"XX": "tidak ada", "UP": "tidak dapat diambil", "MA": "tidak ada", "UC": "tidak dapat diambil"}
_TYPES = {1: "kepala transaksi", 2: "biodata", 7: "gambar lain", 9: "minutiae", 13: "sidik laten", 15: "telapak tangan", 99: "CBEFF"}


def inspect(data: bytes, entry: str) -> Report:
    """Raises BadInput ``record.format`` for a file of no kind above."""
    reader = _RECORDS.get(data[:8])
    if reader is not None:
        format, lines = reader(data, entry)
        return Report(format, tuple(lines))
    if an2k.looks_like(data):
        return _transaction(data, entry)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return _cbeff(data, entry)
    media_type = codecs.sniff(data)
    if media_type != codecs.RAW:
        return Report(CODING[media_type], (_picture(data, media_type, entry),))
    raise BadInput("record.format", entry=entry, expected="FIR, FAC, IIR, FMR, CBEFF, AN2K, WSQ, JP2, JPEG, PNG")


def part_name(position: Position | None) -> str:
    """``telunjuk kanan``; empty for None."""
    if position is None:
        return ""
    if position in (Position.FACE, Position.SIGNATURE):
        return {"face": "wajah", "signature": "tanda tangan"}[position.value]
    side, part = position.value.split("_", 1)
    return f"{_FINGERS.get(part, 'mata')} {_SIDES[side]}"


def _finger_name(code: int) -> str:
    groups = {13: RIGHT_FOUR, 14: LEFT_FOUR, 15: THUMBS}
    return part_name(common.finger_position(code)) or (_GROUPS[groups[code]] if code in groups else f"kode jari {code}")


def _scores(blocks: tuple[QualityBlock, ...]) -> str:
    return ", ".join("gagal dihitung" if b.score == 255 else str(b.score) for b in blocks)


def _one(score: int) -> str:
    return str(score) if 0 < score <= 100 else ""


def _image(what: str, part: str, width: int, height: int, media: str | None, image: bytes, quality: str, ppi: int = 0,
           code: int = 0) -> Line:
    return Line(what, part, f"{width}x{height}", ppi, CODING[media] if media else f"kode {code}", len(image), quality,
                "" if media in (None, codecs.RAW) or codecs.sniff(image) == media else "isi bukan " + CODING[media or codecs.RAW])


def _fir_2011(data: bytes, entry: str) -> tuple[str, list[Line]]:
    return "ISO/IEC 19794-4:2011 (FIR)", [
        _image("jari", _finger_name(i.code), i.width, i.height, fir.MEDIA_2011.get(i.compression), i.image, _scores(i.qualities), i.ppi,
               i.compression) for i in fir.decode(data, entry).images]


def _fir_2005(data: bytes, entry: str) -> tuple[str, list[Line]]:
    record = fir2005.decode(data, entry)
    media = fir2005.MEDIA.get(record.compression)
    return "ISO/IEC 19794-4:2005 (FIR)", [
        _image("jari", _finger_name(i.code), i.width, i.height, media, i.image, _one(i.quality), record.ppi, record.compression)
        for i in record.images]


def _fac_2011(data: bytes, entry: str) -> tuple[str, list[Line]]:
    return "ISO/IEC 19794-5:2011 (FAC)", [
        _image("wajah", "wajah", i.width, i.height, fac.MEDIA_2011[i.data_type], i.image, _scores(i.qualities))
        for i in fac.decode(data, entry).images]


def _fac_2005(data: bytes, entry: str) -> tuple[str, list[Line]]:
    return "ISO/IEC 19794-5:2005 (FAC)", [
        _image("wajah", "wajah", i.width, i.height, fac2005.MEDIA[i.data_type], i.image, _one(i.quality))
        for i in fac2005.decode(data, entry).images]


def _iir_2011(data: bytes, entry: str) -> tuple[str, list[Line]]:
    return "ISO/IEC 19794-6:2011 (IIR)", [
        _image("iris", part_name(common.eye_position(i.label)), i.width, i.height, iir.MEDIA_2011.get(i.format), i.image,
               _scores(i.qualities), code=i.format) for i in iir.decode(data, entry).images]


def _iir_2005(data: bytes, entry: str) -> tuple[str, list[Line]]:
    record = iir2005.decode(data, entry)
    media = iir2005.MEDIA.get(record.format)
    return "ISO/IEC 19794-6:2005 (IIR)", [
        _image("iris", part_name(common.eye_position(eye.label)), record.width, record.height, media, i.image, _one(i.quality),
               code=record.format) for eye in record.eyes for i in eye.images]


def _fmr_2005(data: bytes, entry: str) -> tuple[str, list[Line]]:
    record = fmr.decode(fmr.from_buffer(data), entry)
    size, ppi = f"{record.width}x{record.height}", round(record.x_ppcm * 2.54)
    return "ISO/IEC 19794-2:2005 (FMR)", [
        Line("minutiae", _finger_name(v.code), size, ppi, "", 0, _one(v.quality), f"{len(v.minutiae)} titik") for v in record.views]


def _fmr_2011(data: bytes, entry: str) -> tuple[str, list[Line]]:
    return "ISO/IEC 19794-2:2011 (FMR)", [
        Line("minutiae", _finger_name(v.code), f"{v.width}x{v.height}", round(v.x_ppcm * 2.54), "", 0, _scores(v.qualities),
             f"{len(v.minutiae)} titik") for v in fmr2011.decode(data, entry).views]


def _isf(data: bytes, entry: str) -> tuple[str, list[Line]]:
    capture = isf.decode_isf(data, entry)
    edition = "ISO/IEC 19794-7:2007" if data[:8] == isf.MAGIC_2007 else "ISO/IEC 19794-7:2014"
    size, note = f"{capture.width}x{capture.height}", f"{len(capture.points)} titik"
    return edition, [Line("tanda tangan", "tanda tangan", size, length=len(data), note=note)]


_RECORDS: dict[bytes, Callable[[bytes, str], tuple[str, list[Line]]]] = {
    fir.MAGIC_2011: _fir_2011, fir2005.MAGIC: _fir_2005, fac.MAGIC_2011: _fac_2011, fac2005.MAGIC: _fac_2005,
    iir.MAGIC_2011: _iir_2011, iir2005.MAGIC: _iir_2005, fmr.MAGIC: _fmr_2005, fmr2011.MAGIC: _fmr_2011,
    isf.MAGIC_2007: _isf, isf.MAGIC_2014: _isf,
}


def _cbeff(data: bytes, entry: str) -> Report:
    lines = []
    for number, bir in enumerate(cbeff.parse(data, entry), 1):
        score = "" if bir.score is None else str(bir.score)
        line = Line("BIR", part_name(bir.position), quality=score, note="dikecualikan" if bir.bdb is None else "")
        if bir.bdb is not None:
            inner = inspect(bir.bdb, f"{entry} BIR {number}") if bir.bdb[:8] in _RECORDS else None
            if inner:
                kind, first = inner.format.rpartition("(")[2].rstrip(")"), inner.lines[0]
                line = replace(first, what=f"BIR {kind}", quality=score or first.quality)
            else:
                line = replace(line, length=len(bir.bdb))
            if line.part != part_name(bir.position):
                line = replace(line, note=f"BIR menyebut {part_name(bir.position)}")
        lines.append(line)
    return Report("CBEFF XML (ISO/IEC 19785-3)", tuple(lines))


def _transaction(data: bytes, entry: str) -> Report:
    file = an2k.read(data, entry)
    shown = {p.record: p for p in an2k.pictures(file)}
    first = file.first
    facts = (("versi", file.version), ("jenis", first.text(4)), ("tanggal", first.text(5)), ("tujuan", first.text(7)),
             ("asal", first.text(8)), ("nomor", first.text(9)))
    lines = []
    for number, record in enumerate(file.records, 1):
        picture = shown.get(number)
        what = f"Type-{record.kind}"
        lines.append(_an2k_line(what, picture) if picture else
                     Line(what, _TYPES.get(record.kind, ""), length=record.length, note=f"{len(record.fields)} isian"))
    return Report("ANSI/NIST-ITL (AN2K)", tuple(lines), facts)


def _an2k_line(what: str, p: an2k.Picture) -> Line:
    single = part_name(p.positions[0]) if len(p.positions) == 1 else ""
    name = single or _GROUPS.get(p.positions, _TYPES.get(p.kind, f"kode {p.code}"))
    if not p.image:
        return Line(what, name, note=_EXCUSED.get(p.excused, p.excused))
    size, note = f"{p.width}x{p.height}", "hash tidak cocok" if p.hash_ok is False else ""
    if p.media_type == codecs.WSQ and codecs.sniff(p.image) == codecs.WSQ:
        width, height = codecs.wsq_size(p.image)
        note = note or ("" if (width, height) == (p.width, p.height) else f"gambar sebenarnya {width}x{height}")
    elif p.media_type not in (codecs.RAW, codecs.sniff(p.image)):
        note = note or f"isi bukan {p.algorithm}"
    quality = "" if p.score is None else "gagal dihitung" if p.score == 255 else str(p.score)
    return Line(what, name, size, p.ppi, p.algorithm, len(p.image), quality, note)


def _picture(data: bytes, media_type: str, entry: str) -> Line:
    """A bare picture: its size out of the header."""
    if media_type == codecs.WSQ:
        width, height = codecs.wsq_size(data, entry=entry)
    elif media_type == codecs.PNG:
        width, height = images.png_size(data, entry=entry)
    else:
        width, height = images.header_size(data, media_type, entry=entry)
    return Line("gambar", "", f"{width}x{height}", 0, CODING[media_type], len(data))


def _shown(text: str) -> str:
    """What a stranger wrote, without signs that would steer the terminal."""
    return "".join(c if c.isprintable() else "·" for c in text[:80])


def table(report: Report) -> Iterator[str]:
    """The report as lines of text, columns apart."""
    yield report.format
    for name, value in report.facts:
        yield f"  {name}: {_shown(value)}"
    head = ("", "Rekaman", "Bagian", "Ukuran", "ppi", "Bentuk", "Bita", "Mutu", "Catatan")
    rows = [head] + [
        (str(n), x.what, x.part, x.size, str(x.ppi or ""), _shown(x.coding), str(x.length or ""), x.quality, _shown(x.note))
        for n, x in enumerate(report.lines, 1)
    ]
    used = [i for i in range(len(head)) if i == 0 or any(row[i] for row in rows[1:])]
    widths = {i: max(len(row[i]) for row in rows) for i in used}
    right = {0, 4, 6, 7}
    for row in rows:
        yield "  ".join(row[i].rjust(widths[i]) if i in right else row[i].ljust(widths[i]) for i in used).rstrip()
