"""Bombs: small files that ask for much, made when they are needed and never stored whole."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator

DEEP = 100_000


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, colour: int = 2, rows: bytes = b"\0", *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + b"".join(more) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _zeros(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def _pngs() -> Iterator[bytes]:
    yield png(100_000, 100_000)
    yield png(0x7FFFFFFF, 0x7FFFFFFF)
    yield png(4000, 4000, 2, bytes(4000 * 12_001))  # the largest that is allowed, packed to 47 kB
    yield png(4000, 4000, 2, bytes(200_000_000))  # more pixels than the header has room for
    yield png(10, 10, 2, b"\0", _chunk(b"zTXt", b"a\0\0" + _zeros(200_000_000)))
    yield png(10, 10, 2, b"\0", _chunk(b"iCCP", b"a\0\0" + _zeros(200_000_000)))
    yield png(10, 10, 2, b"\0", *[_chunk(b"tEXt", b"a\0" + b"x" * 60_000)] * 80)
    yield b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0x7FFFFFFF) + b"IHDR"


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def progressive(scans: int, side: int = 4000) -> bytes:
    """A progressive JPEG of nothing that wants the whole picture walked once a scan."""
    frame = _segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + bytes((1, 0x11, 0)))
    tables = _segment(0xDB, bytes((0,)) + bytes((1,)) * 64) + _segment(0xC4, bytes((0,)) + bytes((1,)) + bytes(15) + bytes((0,)))
    tables += _segment(0xC4, bytes((0x10,)) + bytes((1,)) + bytes(15) + bytes((0,)))
    scan = _segment(0xDA, bytes((1, 1, 0, 0, 0, 0)))
    again = _segment(0xDA, bytes((1, 1, 0, 1, 63, 0)))
    return b"\xff\xd8" + tables + frame + scan + b"\0" + again * scans + b"\xff\xd9"


def _exif(value: bytes) -> bytes:
    return b"\xff\xd8" + _segment(0xE1, b"Exif\0\0" + value)


def _jpegs() -> Iterator[bytes]:
    yield b"\xff\xd8" + _segment(0xC0, struct.pack(">BHHB", 8, 65535, 65535, 3) + bytes(9)) + b"\xff\xd9"
    yield progressive(2000)
    yield progressive(60, 3000)
    # an IFD that is its own child
    loop = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    yield _exif(loop) + _segment(0xC0, struct.pack(">BHHB", 8, 16, 16, 1) + bytes((1, 0x11, 0))) + b"\xff\xd9"
    # MakerNote of 4 GB, 65,535 tags
    note = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 65535, 0x927C, 7, 0xFFFFFFFF, 0xFFFFFFF0)
    yield _exif(note) + b"\xff\xd9"
    yield b"\xff\xd8" + b"\xff" * 3_000_000
    yield b"\xff\xd8" + b"\xff\xd0" * 1_500_000


def _jp2s() -> Iterator[bytes]:
    def siz(width: int, height: int, tile: int, components: int = 3) -> bytes:
        body = struct.pack(">HIIIIIIIIH", 0, width, height, 0, 0, tile, tile, 0, 0, components) + bytes((7, 1, 1)) * components
        return b"\xff\x4f" + _segment(0x51, body)

    yield siz(100_000, 100_000, 100_000)
    yield siz(4000, 4000, 1)  # 16 million tiles
    yield siz(4000, 4000, 4000, 16_384)
    yield siz(1, 1, 1) + _segment(0x52, b"\0\0\0\x01\0\x20\x04\x04\0\0") + _segment(0x90, struct.pack(">HIBB", 0, 0xFFFFFFFF, 0, 255))
    yield b"\0\0\0\x0cjP  \r\n\x87\n" + struct.pack(">I4sQ", 1, b"ftyp", 1 << 62)


def _wsqs() -> Iterator[bytes]:
    def frame(width: int, height: int) -> bytes:
        return b"\xff\xa0" + _segment(0xA2, struct.pack(">BBHHBHBHBH", 0, 255, height, width, 0, 0, 0, 0, 0, 0))

    yield frame(65535, 65535)
    yield frame(4000, 4000)
    yield frame(64, 64) + _segment(0xA4, b"\xff\xff" + bytes(200))
    yield b"\xff\xa0" + b"\xff\xa8\0\x02" * 500_000


def bitmap(width: int, height: int, packing: int = 0, bits: int = 24) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, 0, 0, 0, 0,
        0) + b"\0" * 64


def _frames() -> Iterator[bytes]:
    yield from _jpegs()
    yield from _pngs()
    yield bitmap(100_000, 100_000)
    yield bitmap(4000, -4000)
    yield bitmap(4000, 4000, 1, 8)  # run lengths
    yield bitmap(-0x80000000, -0x80000000)
    strips = struct.pack("<H", 4) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in (
        (256, 100_000), (257, 100_000), (273, 8), (279, 0xFFFFFFFF)))
    yield b"II*\0" + struct.pack("<I", 8) + strips + bytes(4)  # TIFF of one strip of 4 GB
    yield b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 100000 +X 100000\n"
    yield b"P6 100000 100000 255\n"


def _xml() -> Iterator[bytes]:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    yield f'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY l0 "lol">{entities}]><b>&l11;</b>'.encode()
    yield b'<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><b>&x;</b>'
    yield b'<!DOCTYPE b [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><b/>'
    yield '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE b [<!ENTITY l0 "lol">]><b>&l0;</b>'.encode("utf-16")
    yield b"<BIR xmlns='http://standards.iso.org/iso-iec/19785/-3/ed-2/'>" + b"<BIR>" * DEEP
    yield b"<BIR " + b" ".join(b"a%d='x'" % n for n in range(50_000)) + b"/>"
    yield b"<BIR>" + b"<a/>" * 500_000 + b"</BIR>"
    yield b"<a:" + b"b" * 5_000_000 + b"/>"


def _json() -> Iterator[bytes]:
    yield b"[" * DEEP
    yield b'{"a":' * DEEP + b"1" + b"}" * DEEP
    yield b"9" * 1_000_000
    yield b"-" + b"9" * 4_000
    yield b'{"sequence":' + b"9" * 4_400 + b"}"
    yield b"1e" + b"9" * 100_000
    yield b'"' + b"\\u0000" * 300_000 + b'"'
    yield ("{" + ",".join(f'"{n}":0' for n in range(200_000)) + "}").encode()
    yield b'{"keys":' + b"[" * 900 + b"]" * 900 + b"}"


def _tokens() -> Iterator[bytes]:
    yield b"." * 1_000_000
    yield b"A" * 3_000_000 + b".A.A"
    yield b"eyJ.eyJ." + b"=" * 100_000
    yield from _json()


def _toml() -> Iterator[bytes]:
    yield b"a = " + b"[" * DEEP
    yield b"a" + b".a" * DEEP + b" = 1"
    yield b"[" + b"a." * 20_000 + b"a]\n"
    yield b"a = " + b"{a=" * DEEP
    yield b"a = " + b"9" * 100_000
    yield b"a = 0x" + b"f" * 100_000
    yield b'a = "' + b"\\U0010FFFF" * 100_000
    yield b"".join(b"[a%d]\n" % n for n in range(50_000))
    yield b"a = '''" + b"\n" * 2_000_000


def _zip(parts: dict[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _liar(data: bytes, real: int, told: int) -> bytes:
    """The same archive that says its part is small."""
    return data.replace(struct.pack("<I", real), struct.pack("<I", told))


SHEET = (b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
         b'<sheetData>%s</sheetData></worksheet>')
BOOK = (b'<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        b'<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>')
LINKS = (b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
         b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
         b'Target="worksheets/sheet1.xml"/></Relationships>')
TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
STRINGS = b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'


def workbook(sheet: bytes, **more: bytes) -> bytes:
    parts = {"[Content_Types].xml": TYPES, "xl/workbook.xml": BOOK, "xl/_rels/workbook.xml.rels": LINKS, "xl/worksheets/sheet1.xml": sheet}
    return _zip({**parts, **{name.replace("__", "/") + ".xml": data for name, data in more.items()}})


def _tables() -> Iterator[bytes]:
    yield workbook(SHEET % b'<row r="1"><c r="A1048576"><v>1</v></c></row>')
    yield workbook(SHEET % b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>')  # 17 billion cells between the two
    big = SHEET % (b" " * 150_000_000)
    yield workbook(big)
    yield _liar(workbook(big), len(big), 1000)
    shared = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 60_000))
    yield workbook(SHEET % shared, xl__sharedStrings=STRINGS % (b"x" * 30_000))  # 2 GB of text out of 300 kB
    lol = b'<!DOCTYPE a [<!ENTITY l0 "lol"><!ENTITY l1 "' + b"&l0;" * 1000 + b'"><!ENTITY l2 "' + b"&l1;" * 1000 + b'">]>'
    yield workbook(SHEET.replace(b"<worksheet", lol + b"<worksheet") % b'<row r="1"><c r="A1" t="str"><v>&l2;</v></c></row>')
    inner = _zip({"a": bytes(20_000_000)})
    for _ in range(3):
        inner = _zip({f"{n}.zip": inner for n in range(10)})
    yield inner  # a zip of zips of zips
    yield b"PK\x03\x04" + b"PK\x01\x02" + bytes(42)
    yield b"PK\x03\x04" + (b"PK\x01\x02" + bytes(42)) * 60_000 + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 60_000, 60_000,
        46 * 60_000, 4, 0)
    yield b";" * 5_000_000
    yield b'"' + b"a\n" * 2_000_000
    yield b"\n" * 1_500_000
    yield (b"a" * 1_900 + b";") * 3_000
    yield b"\xff\xfe" + b"a" * 999_999


def _packets() -> Iterator[bytes]:
    yield _zip({"a": bytes(50_000_000)})
    yield _zip({f"a{n}": b"" for n in range(20_000)}, zipfile.ZIP_STORED)
    yield b"\x30\x84\xff\xff\xff\xff" + bytes(1000)
    yield b"\x30\x80" * DEEP
    yield b"\x30\x82\x40\x00" * 4_000
    deep = b""
    for _ in range(3_000):
        deep = b"\x30" + (bytes((len(deep),)) if len(deep) < 128 else b"\x83" + len(deep).to_bytes(3, "big")) + deep
    yield deep
    yield b"\x06" + b"\x84\x00\x0f\x42\x40" + b"\x80" * 1_000_000  # an OID without an end


def _ipps() -> Iterator[bytes]:
    head = b"\x02\x00\x00\x00\x00\x00\x00\x01\x04"
    yield head + b"\x34\x00\x01a\x00\x00" + b"\x4a\x00\x00\x00\x01b\x34\x00\x00\x00\x00" * DEEP
    yield head + b"\x21\x00\x01a\x00\x04\x00\x00\x00\x01" + b"\x21\x00\x00\x00\x04\x00\x00\x00\x01" * 200_000


def pdf(*objects: bytes) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places)
    return out + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))


def _stream(body: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(body), more, body)


def _papers() -> Iterator[bytes]:
    root, kids = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %s]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>"
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<</XObject<</F 5 0 R/G 6 0 R>>>>"
    yield pdf(root, b"<</Type/Pages/Kids[2 0 R]/Count 999999>>")  # pages that are their own children
    yield pdf(root, kids, page % b"1e9 1e9", _stream(b""))
    yield pdf(root, kids, page % b"100 100", _stream(b"/F Do"), _stream(b"/F Do /F Do", form))  # a form that draws itself
    yield pdf(root, kids, page % b"100 100", _stream(_zeros(200_000_000), b"/Filter/FlateDecode"))
    yield pdf(root, kids, page % b"100 100", _stream(zlib.compress(_zeros(200_000_000)), b"/Filter[/FlateDecode/FlateDecode]"))
    forms = [_stream(b"/F Do " * 12,
        b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F %d 0 R>>>>" % n) for n in range(6, 16)]
    yield pdf(root, kids, page % b"100 100", _stream(b"/F Do"), *forms, _stream(b"0 0 9 9 re f",
        b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"))
    yield pdf(root, kids, page % b"100 100", _stream(b"q " * 500_000))
    yield pdf(root, kids, page % b"100 100", _stream(b"0 0 m " + b"9 9 l 0 9 l " * 200_000 + b"S"))
    image = b"/Type/XObject/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode"
    yield pdf(root, kids, page % b"100 100", _stream(b"100 0 0 100 0 0 cm /F Do"), _stream(_zeros(1_000_000), image))
    yield b"%PDF-1.4\n" + b"[" * DEEP
    yield b"%PDF-1.4\n" + b"<<" * DEEP + b"trailer<</Root 1 0 R>>"


def _foreign_papers() -> Iterator[bytes]:
    yield from _papers()
    yield from _jpegs()


def _cards() -> Iterator[bytes]:
    def answers(*each: bytes) -> bytes:
        return b"".join(struct.pack(">H", len(a)) + a for a in each)

    yield answers(b"\x61\xff")  # promises more for ever
    yield answers(b"\x04\x05\x06\x07\x90\x00", b"\x90\x00", b"\x90\x00", b"\x6c\x6c")
    yield answers(b"\x04\x05\x06\x07\x90\x00", b"\x90\x00", b"\x90\x00", b"\x00\x01a\x90\x00", b"\x90\x00", b"\xff\xffx\x90\x00",
        b"x\x90\x00")


def _wires() -> Iterator[bytes]:
    def message(head: bytes) -> bytes:
        return struct.pack(">I", len(head)) + head

    yield b"\xff\xff\xff\xff"
    yield message(b"[" * DEEP)
    yield message(json.dumps({"blobs": [128 << 20] * 1000}).encode())
    yield message(b'{"blobs": [1e400]}')


def _http() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500_000
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 200_000
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 1_000_000
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n" + bytes(5_000_000)
    yield b"HTTP/1.1 200 OK\r\n\r\n" + b"--B\r\n\r\n\xff\xd8" + b"\xff\xd8" * 2_000_000


_BOMBS = {"jpeg": _jpegs, "png": _pngs, "jp2": _jp2s, "wsq": _wsqs, "frame": _frames, "cbeff": _xml, "bio": _xml, "paper": _foreign_papers,
          "packet": _packets, "evidence": _json, "bundle": _tokens, "token": _tokens, "gateway json": _json, "sbi json": _json,
          "kept json": _json, "sbi http": _http, "ipp": _ipps, "apdu": _cards, "worker wire": _wires, "table": _tables, "sop": _toml,
          "devices": _toml, "setup file": _toml, "certificate": _packets, "chip record": _pngs}


def of(name: str) -> Iterator[bytes]:
    """The bombs for one target."""
    return _BOMBS[name]() if name in _BOMBS else iter(())
