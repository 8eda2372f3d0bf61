"""Where the product turns bytes into structure: every call of a parser in src, by module and kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).resolve().parents[3] / "src" / "ktpel_kiosk"
PARSERS: dict[str, tuple[str, ...]] = {
    "json": ("json.loads", "json.load", "JSONDecoder", "raw_decode"),
    "toml": ("tomllib.loads", "tomllib.load", "parse_toml"),
    "csv": ("csv.reader", "csv.DictReader"),
    "zip": ("zipfile.ZipFile", "tarfile.open", "gzip.decompress", "gzip.open", "lzma.decompress", "bz2.decompress"),
    "zlib": ("zlib.decompress", "zlib.decompressobj"),
    "picture": ("cv2.imdecode", "cv2.imread", "cv2.imdecodemulti", "Image.open", "QImage.fromData", "loadFromData", "QImageReader",
                "_wsq.decompress", "decompress", "imageio.imread"),
    "video": ("cv2.VideoCapture",),
    "xml": ("etree.fromstring", "etree.parse", "etree.XML", "ElementTree.parse", "minidom.parseString", "ElementTree.fromstring"),
    "pdf": ("pypdfium2.PdfDocument", "pdfium.PdfDocument"),
    "workbook": ("CalamineWorkbook.from_path", "CalamineWorkbook.from_filelike", "openpyxl.load_workbook"),
    "asn1": ("ContentInfo.load", "Certificate.load", "GcmParameters.load", "core.load"),
    "x509": ("load_pem_x509_certificate", "load_pem_x509_certificates", "load_der_x509_certificate", "load_pem_private_key",
             "load_der_private_key", "load_pem_x509_csr", "load_pem_x509_crl", "load_verify_locations", "load_pem_public_key"),
    "struct": ("struct.unpack", "struct.unpack_from", "unpack_from", "unpack"),
    "markdown": ("MarkdownIt",),
    "yaml": ("yaml.load", "yaml.safe_load"),
}
BY_LAST = {"JSONDecoder", "raw_decode", "parse_toml", "loadFromData", "QImageReader", "decompress", "unpack_from", "MarkdownIt",
           *PARSERS["x509"]}
"""Parsers known by their last word, whatever they are called on."""


def dotted(node: ast.expr) -> str:
    """``json.loads`` of ``json.loads(...)``; the last two words of anything longer; empty for what has no name."""
    if isinstance(node, ast.Attribute):
        left = dotted(node.value).split(".")[-1]
        return f"{left}.{node.attr}" if left else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def kinds_of(call: ast.Call) -> Iterator[str]:
    name = dotted(call.func)
    last = name.split(".")[-1]
    for kind, names in PARSERS.items():
        if name in names or (last in BY_LAST and last in names):
            writes = name == "zipfile.ZipFile" and len(call.args) > 1
            if not writes:
                yield kind
            return


def parsers() -> dict[tuple[str, str], list[int]]:
    """(module, kind) -> the lines."""
    found: dict[tuple[str, str], list[int]] = {}
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                for kind in kinds_of(node):
                    found.setdefault((path.relative_to(SRC).as_posix(), kind), []).append(node.lineno)
    return found


if __name__ == "__main__":
    for (module, kind), lines in parsers().items():
        print(module, kind, lines)
