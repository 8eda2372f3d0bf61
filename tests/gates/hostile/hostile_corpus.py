"""Writes the seeds of ``corpus/`` anew, with our own encoders and generators alone: python tests/gates/hostile/hostile_corpus.py

A few hundred bytes to a few kilobytes each. Seeds are kept in the repository so that a seed number means the same damage everywhere;
``found-*`` files beside them are what once broke something and are never written by this program.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import hostile_bombs
import numpy as np
from hostile_targets import CORPUS
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
for folder in ("tests/biometrics", "tests/biometrics/records", "tests/contract", "tests/siak", "tests/packet", "tests"):
    sys.path.insert(0, str(ROOT / folder))
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def images() -> dict[str, list[bytes]]:
    from ktpel_kiosk.biometrics import codecs
    from ktpel_kiosk.biometrics.images import from_array

    noise = np.random.default_rng(8).integers(0, 256, (48, 64), np.uint8)
    smooth = (np.add.outer(np.arange(80), np.arange(72)) * 3 % 256).astype(np.uint8)
    grey, colour = Image.fromarray(noise), Image.merge("RGB", [Image.fromarray(smooth[:48, :64])] * 3)

    def saved(image: Image.Image, form: str, **options: object) -> bytes:
        out = io.BytesIO()
        image.save(out, form, **options)
        return out.getvalue()

    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Kamera Contoh"
    exif.get_ifd(0x8769)[0x927C] = b"catatan pembuat" * 4
    wsq = [codecs.encode_wsq(from_array(np.ascontiguousarray(smooth), 500))]
    jpegs = [saved(colour, "JPEG", exif=exif), saved(colour, "JPEG", progressive=True), saved(grey, "JPEG", quality=40, dpi=(500, 500))]
    pngs = [saved(colour, "PNG", exif=exif), saved(colour.quantize(16), "PNG"), saved(grey, "PNG", dpi=(500, 500)),
            saved(Image.fromarray(noise.astype(np.uint16) << 8), "PNG")]
    jp2s = [codecs.encode_jp2(from_array(np.ascontiguousarray(smooth), 500)), saved(colour, "JPEG2000", quality_layers=[10])]
    return {"jpeg": jpegs, "png": pngs, "jp2": jp2s, "wsq": wsq, "frame": [*jpegs, pngs[0], saved(colour, "BMP"), saved(colour, "TIFF")]}


def records() -> dict[str, list[bytes]]:
    from record_cases import CORPUS as RECORDS
    from test_bio_an2k import small

    from ktpel_kiosk.biometrics import cbeff, isf
    from ktpel_kiosk.domain.biometric import EYES, FINGERS, Position
    from ktpel_kiosk.ports.devices import PenPoint, SignatureCapture

    birs = [cbeff.Bir(str(uuid.UUID(int=n)), p, NOW, b"FIR\x00020\x00" if n % 3 else None, n, ("257", "57"), ("a", "b"))
            for n, p in enumerate((Position.FACE, *FINGERS[:3], *EYES), 1)]
    xml = [cbeff.build(birs[i:i + 2], created_at=NOW) for i in range(0, 6, 2)]
    pen = isf.encode_isf(SignatureCapture(tuple(PenPoint(100 * n, 37 * n % 900, 500, 5 * n) for n in range(40)), 9600, 6000))
    one_of_each = [made[0] for made in RECORDS.values()]
    return {"bio": [*one_of_each, xml[0], small(), pen], "cbeff": xml, "an2k": [small()], "pen": [pen]}


def packets() -> dict[str, list[bytes]]:
    from bad_certificates import authority, issued, revocation_list
    from cryptography.hazmat.primitives.asymmetric import ec

    from ktpel_kiosk.domain.courier import BundleItem, BundlePlan
    from ktpel_kiosk.packet import cms
    from ktpel_kiosk.packet.container import write_container
    from ktpel_kiosk.packet.courier_manifest import sign_manifest
    from ktpel_kiosk.packet.keys import _self_signed
    from ktpel_kiosk.siak.jws import sign_jws

    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed("meja-1", key, NOW)[1]
    container = write_container([("manifest.json", b'{"format":1}'), ("biodata.json", b"{}"), ("audit.jsonl", b"{}\n")])
    signed = cms.sign(container, key, certificate, NOW)
    item = BundleItem("0195a1b2-0000-7000-8000-000000000001", 1, "0" * 64, 700, "a" * 64)
    plan = BundlePlan("0195a1b2-0000-7000-8000-0000000000ff", "meja-1", NOW, "2026-03-02", (item,), 0)
    ca = authority()
    leaf = issued(ca)
    tokens = [sign_jws({"packet_id": "p", "sha256": "0" * 64, "sequence": 1}, key, "k", "t").encode()]
    return {"packet": [signed, container], "token": tokens, "bundle": [sign_manifest(plan, "b" * 64, key, certificate).encode(), tokens[0],
                                                                    b'{"at":"2026-03-02T08:00:00.000Z","host":"h","trouble":"x"}'],
            "certificate": [leaf.pem, ca.pem + leaf.pem, revocation_list(ca, leaf)]}


def answers() -> dict[str, list[bytes]]:
    from test_sbi_hostile import _ANSWER, _CHUNKS, _stream, genuine

    from ktpel_kiosk.hal.drivers.ipp.message import Op, Resolution, Tag, encode

    def frame(*each: bytes) -> bytes:
        return b"".join(struct.pack(">H", len(a)) + a for a in each)

    event = {"sequence": 7, "packet_id": "p", "nik": "3508051002900003", "status": "PRR", "at": "2026-03-02T08:00:00.000Z", "reason": ""}
    receipt = {"packet_id": "p", "sha256": "0" * 64, "station": "meja-1", "sequence": 1, "received_at": "2026-03-02T08:00:00.000Z"}
    keys = {"sequence": 1, "keys": [{"kid": "k", "certificate": "x", "retired": False, "from": event["at"], "until": event["at"]}],
        "revoked": {}}
    ipp = encode(Op.CREATE_JOB, [("job-name", Tag.NAME, "kartu é")], [
        ("printer-resolution", Tag.RESOLUTION, Resolution(300, 600)), ("copies", Tag.INTEGER, 1),
        ("media-col", Tag.COLLECTION, [("media-size", Tag.COLLECTION, [("x-dimension", Tag.INTEGER, 5398)]), ("media-type",
            Tag.KEYWORD, "a")])])
    g = genuine()
    short = json.dumps([{"specVersion": "1.0", "data": "eyJ.eyJ.eyJ", "hash": "00", "sessionKey": "", "thumbprint": "",
                         "error": {"errorCode": "0", "errorInfo": ""}}])
    ok, photo = b"\x90\x00", b"\xff\xd8\xff\xe0" + bytes(40)
    card = frame(b"\x04\xe1\x5f\x6a" + ok, ok, ok, b"\x00\x04abcd" + ok, ok, struct.pack(">H", len(photo)) + photo + ok)
    said = json.dumps({"id": 7, "ok": {"width": 2}, "blobs": [4]}).encode()
    status = b"Fg" + struct.pack("<HH", 0, 24) + b"OK\0DH=1 PE=0\0ER=0 EC=0\0\0eP"
    return {"gateway json": [json.dumps(x).encode() for x in (event, receipt, keys, {**event,
        "parts": {"portrait": {"type": "image/jp2"}}})],
            "evidence": [json.dumps([{"position": "right_thumb", "data": "eyJ.eyJ.x"}]).encode(), short.encode()],
            "sbi json": [g.info, short.encode()], "sbi http": [_ANSWER, _CHUNKS, _stream()], "ipp": [ipp],
            "pad": [bytes((1, 0x80, 1, 2, 3, 4, 5, 0, 0, 9, 1, 1)), b"\x08" + bytes(14), b"STU-430\0\1\2\3\4"], "card printer": [status],
            "apdu": [card, frame(b"\x6a\x82"), frame(b"ab\x61\x10", b"cd" + ok)],
            "chip record": [b"3508051002900003,BUDI,LUMAJANG,1990-02-10", b"\x01\x00\xa8\x00\x2c" + b"x\x9c" + bytes(20), b"\x01FMR\0",
                            b"\x04kred\x20" + bytes(32)],
            "barcode": [b"3508051002900003", b"\x020001/KTP/III/2026\x03", "P-é-1".encode()],
            "worker wire": [struct.pack(">I", len(said)) + said + b"abcd"]}


def texts() -> dict[str, list[bytes]]:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate((["NIK", "STATUS", "TANGGAL"], ["3508051002900003", "PRR", "2026-03-02"], ["3508054502080002",
            "SFE", "2026-03-03"])):
            sheet.write_row(row, 0, cells)
    csv = "NIK;STATUS;TANGGAL;KETERANGAN\r\n3508051002900003;PRR;02-03-2026;\"siap; cetak\"\r\n"
    devices = b'# meja 2\n[camera]\ndrivers = ["opencv", "simulated"]\nprefer = "C920"\n' \
              b'\n[camera.opencv]\nsources = ["auto"]\n\n[deadlines]\n'
    answers = (b'sop = "tempeh"\nplace = "Meja 1"\nstation = "3508050-meja-1"\ngateway_url = "https://gerbang.example"\n'
               b'\n[office]\nnama = "X"\n'
               b'\n[[officers]]\nusername = "op1"\nnama = "BUDI"\nperan = ["operator"]\n')
    regions = b"kode,nama,level,historis\n35,JAWA TIMUR,1,\n3508,LUMAJANG,2,\n350805,TEMPEH,3,\n3508052001,TEMPEH LOR,4,\n"
    kept = [b'{"stage": "mode", "office": {"nama": "X", "kop": ["A"]}, "officers": []}', b'{"contrast": "light", "text_size": "normal"}',
            b'{"check": "aa"}', b'{"seq": 1, "head": "00", "mac": "11"}', b'{"version": 1, "devices": []}']
    paper = hostile_bombs.pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                              b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>",
                              b"<</Length 21>>stream\n0 0 m 99 99 l S 1 0 0 rg\nendstream")
    sop = (ROOT / "resources" / "sop" / "tempeh.toml").read_bytes()
    return {"table": [csv.encode(), csv.encode("utf-16"), out.getvalue()], "devices": [devices], "setup file": [answers],
        "regions": [regions],
            "kept json": kept, "sop": [sop], "own paper": [paper], "paper": [paper]}


def main() -> None:
    for part in (images, records, packets, answers, texts):
        for name, seeds in part().items():
            folder = CORPUS / name.replace(" ", "-")
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.glob("seed-*"):
                old.unlink()
            for number, seed in enumerate(seeds, 1):
                (folder / f"seed-{number:02d}").write_bytes(seed)


if __name__ == "__main__":
    main()
