"""Letters of offices that end without a card: Surat Pengantar (tabular or narrative) and Surat Keterangan Perekaman, one A4 page each.

The keterangan never claims to replace a KTP-el, and what it says of the status is said "berdasarkan data saat ini"
(DOMAIN.md 6.4).
"""

from __future__ import annotations

from collections.abc import Callable

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.parts import (
    LINE,
    MUTED,
    PALE,
    REGULAR,
    SEMIBOLD,
    boxed,
    field_lines,
    letterhead,
    nip_text,
    rooms,
    signature_block,
    signer_block,
    signer_heading,
    titled,
)
from ktpel_kiosk.documents.pen import A4, Pen, Run, pdf
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.papers import LetterPaper, Signer

LEFT, RIGHT, TOP, FOOT = 24.0, 20.0, 14.0, 12.0
SCALES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
QR_SIDE = 24.0
NOT_A_CARD = "bukan pengganti KTP-el"


def letter(paper: LetterPaper, logo: bytes = b"") -> bytes:
    """Raises BadInput ``document.letter`` for an unknown kind or variant."""
    if paper.varian not in ("tabel", "naratif"):
        raise BadInput("document.letter", value=paper.varian[:40], expected="tabel, naratif")
    kinds: dict[str, tuple[str, Callable[[Pen, LetterPaper], None]]] = {
        "surat_pengantar": ("Surat Pengantar", _naratif if paper.varian == "naratif" else _pengantar),
        "surat_keterangan_perekaman": ("Surat Keterangan Perekaman KTP-el", _keterangan),
    }
    if paper.jenis not in kinds:
        raise BadInput("document.letter", value=paper.jenis[:40], expected=", ".join(kinds))
    title, body = kinds[paper.jenis]

    def paint(pen: Pen) -> None:
        letterhead(pen, paper.kop, size=14, logo_png=logo)
        pen.down(4)
        body(pen, paper)

    def height(scale: float) -> float:
        pen = Pen(None, A4, LEFT, RIGHT, scale=scale, top=TOP)
        paint(pen)
        return pen.y

    scale = next((s for s in SCALES if height(s) <= A4[1] - FOOT), SCALES[-1])

    def draw(canvas: Canvas) -> None:
        paint(Pen(canvas, A4, LEFT, RIGHT, scale=scale, top=TOP))
        canvas.showPage()

    return pdf(f"{title} {paper.nomor}", A4, draw)


def _status(paper: LetterPaper) -> str:
    return paper.status or "menunggu proses pencetakan"


def _service(paper: LetterPaper) -> str:
    """``KTP-el baru``, ``KTP-el (hilang)``."""
    if "KTP" in paper.layanan:
        return paper.layanan
    return f"KTP-el ({paper.layanan[:1].lower()}{paper.layanan[1:]})" if paper.layanan else "KTP-el"


def _behalf(paper: LetterPaper) -> str:
    return f" atas nama {paper.atas_nama}" if paper.atas_nama else ""


def _address(pen: Pen, paper: LetterPaper) -> None:
    half = pen.left + pen.width * 0.52
    pen.paragraph(f"{paper.tempat}, {paper.tanggal}" if paper.tempat else paper.tanggal, x=half, size=10.5)
    pen.down(2)
    pen.paragraph("Kepada", x=half, size=10.5)
    pen.paragraph([("Yth. ", REGULAR), (paper.tujuan, SEMIBOLD)], x=half, size=10.5)
    pen.paragraph(f"di {paper.tujuan_tempat or 'tempat'}", x=half, size=10.5)
    pen.down(6)


def _pengantar(pen: Pen, paper: LetterPaper) -> None:
    _address(pen, paper)
    titled(pen, "SURAT PENGANTAR", paper.nomor, size=13.5)
    pen.down(5)
    p = paper.penduduk
    papers = f" ({', '.join(paper.lampiran)})" if paper.lampiran else ""
    what = [(f"Berkas permohonan {_service(paper)}{papers} atas nama ", REGULAR), (f"{p.nama}, NIK {p.nik}", SEMIBOLD),
            (f", alamat {p.alamat}, RT/RW {p.rt}/{p.rw}, {p.desa}, {p.kecamatan}", REGULAR)]
    recorded = f"Perekaman dilakukan pada tanggal {paper.rekam_tanggal}" if paper.rekam_tanggal else "Sudah direkam sebelumnya"
    note = f"Untuk diproses pencetakan KTP-el. {recorded}; berdasarkan data saat ini {_status(paper)}."
    _table(pen, what, note)
    pen.down(4)
    pen.paragraph("Demikian untuk menjadi maklum dan diproses sebagaimana mestinya.", size=10.5)
    pen.down(7)
    _two_sides(pen, paper)


def _naratif(pen: Pen, paper: LetterPaper) -> None:
    _address(pen, paper)
    titled(pen, "SURAT PENGANTAR", paper.nomor, size=13.5)
    pen.down(4)
    pen.paragraph("Yang bertanda tangan di bawah ini:", size=10.5)
    pen.down(1)
    signer = [("Nama", paper.nama_penandatangan), ("NIP", nip_text(paper.nip).removeprefix("NIP ")),
              ("Pangkat/Golongan", paper.pangkat), ("Jabatan", paper.jabatan)]
    field_lines(pen, [(k, v) for k, v in signer if v], label_width=44, size=10.2, gap=0.4)
    pen.down(1.2)
    pen.paragraph("dengan ini menerangkan bahwa:", size=10.5)
    pen.down(1)
    field_lines(pen, paper.fields, label_width=44, size=10.2, bold=("Nama", "NIK"), gap=0.4)
    pen.down(1.6)
    runs: list[Run] = [
        (f"adalah benar penduduk yang berdomisili di alamat tersebut dan bermaksud mengurus {_service(paper)}", REGULAR),
        (". Yang bersangkutan telah melakukan perekaman", REGULAR), *_recorded_on(paper),
        (f" dan, berdasarkan data saat ini, {_status(paper)}.", REGULAR)]
    pen.paragraph(runs, size=10.5)
    if paper.lampiran:
        pen.down(1.6)
        pen.paragraph(f"Bersama ini dilampirkan: {', '.join(paper.lampiran)}.", size=10.5)
    pen.down(1.6)
    pen.paragraph("Demikian surat pengantar ini dibuat dengan sebenarnya untuk dipergunakan sebagaimana mestinya.", size=10.5)
    pen.down(6)
    _two_sides(pen, paper)


def _recorded_on(paper: LetterPaper) -> list[Run]:
    """When, as far as this office knows: of a recording made elsewhere it does not."""
    if not paper.rekam_tanggal:
        return [(" sebelumnya", REGULAR)]
    return [(" pada tanggal ", REGULAR), (paper.rekam_tanggal, SEMIBOLD)]


def _signer(paper: LetterPaper) -> Signer:
    return Signer(paper.jabatan, paper.nama_penandatangan, paper.nip, paper.pangkat, paper.atas_nama)


def _table(pen: Pen, what: list[tuple[str, str]], note: str) -> None:
    edges = [pen.left, pen.left + 11, pen.left + 93, pen.left + 116, pen.right]
    top = pen.y
    head = 8.0 * pen.scale
    pen.box(pen.left, top, pen.width, head, thick=0, fill=PALE)
    for i, text in enumerate(("No.", "Jenis yang dikirim", "Banyaknya", "Keterangan")):
        pen.text((edges[i] + edges[i + 1]) / 2, top + head * 0.65, text, SEMIBOLD, 9.6, "m")
    start = top + head + 1.6
    bottoms = []
    contents: tuple[str | list[tuple[str, str]], ...] = ("1", what, "1 berkas", note)
    for i, content in enumerate(contents):
        pen.y = start
        pen.paragraph(content, x=edges[i] + 2, width=edges[i + 1] - edges[i] - 4, size=9.8)
        bottoms.append(pen.y)
    bottom = max(bottoms) + 2.4
    pen.rule(top + head, thick=0.25)
    for x in edges[1:-1]:
        pen.upright(x, top, bottom)
    pen.box(pen.left, top, pen.width, bottom - top, thick=0.3)
    pen.y = bottom


def _two_sides(pen: Pen, paper: LetterPaper) -> None:
    """Left: what the receiving office fills in; right: who sends; the QR below the left."""
    width = pen.width * 0.44
    right_end = signer_block(pen, pen.right - width, width, _signer(paper), size=10.5, room=22)
    top = pen.y
    pen.line("Diterima oleh instansi tujuan", SEMIBOLD, 9.6)
    pen.down(1.5)
    for label in ("Tanggal", "Nama", "NIP", "No. telepon", "Tanda tangan"):
        pen.down(5.6 if label != "Tanda tangan" else 11)
        pen.text(pen.left, pen.y, label, REGULAR, 9.4, color=MUTED)
        pen.rule(pen.y + 0.8, pen.left + 24, pen.left + width, thick=0.15, color=LINE)
    pen.y = max(pen.y, right_end, top)
    _verification(pen, paper, below=7.0)


def _verification(pen: Pen, paper: LetterPaper, below: float) -> None:
    pen.down(below)
    if not paper.qr_text:
        return
    side = QR_SIDE * pen.scale
    pen.qr(paper.qr_text, pen.left, pen.y, side)
    pen.text(pen.left + side + 4, pen.y + side - 5.2 * pen.scale, "Pindai untuk mencocokkan nomor surat dan nomor register", REGULAR, 7.8,
             color=MUTED)
    pen.text(pen.left + side + 4, pen.y + side - 1.4 * pen.scale, "pada kantor penerbit.", REGULAR, 7.8, color=MUTED)
    pen.y += side


def _keterangan(pen: Pen, paper: LetterPaper) -> None:
    titled(pen, "SURAT KETERANGAN PEREKAMAN KTP ELEKTRONIK", paper.nomor, size=13.5)
    pen.down(5)
    pen.paragraph([("Yang bertanda tangan di bawah ini, ", REGULAR), (paper.jabatan, SEMIBOLD),
                   (_behalf(paper) + ", menerangkan bahwa penduduk:", REGULAR)], size=10.8)
    pen.down(2.5)
    top = pen.y
    photo = (30.0 * pen.scale, 40.0 * pen.scale)
    width = pen.width - photo[0] - 6
    pen.box(pen.right - photo[0], top, *photo, thick=0.15, color=LINE)
    if paper.portrait_png:
        pen.picture(paper.portrait_png, pen.right - photo[0], top, *photo)
    else:
        pen.text(pen.right - photo[0] / 2, top + photo[1] / 2, "Pas foto", REGULAR, 9, "m", MUTED)
    field_lines(pen, paper.fields, label_width=40, width=width, size=10.5, bold=("Nama", "NIK"), gap=0.9)
    pen.y = max(pen.y, top + photo[1])
    pen.down(3)
    place = f" di {paper.rekam_tempat}" if paper.rekam_tempat else ""
    pen.paragraph([("benar-benar telah melakukan perekaman KTP-el", REGULAR), *_recorded_on(paper), (f"{place} dan, ", REGULAR),
                   ("berdasarkan data saat ini", SEMIBOLD), (f", {_status(paper)}.", REGULAR)], size=10.8)
    pen.down(2)
    use = paper.keperluan or f"pencetakan KTP-el yang bersangkutan pada {paper.tujuan}"
    pen.paragraph([(f"Surat keterangan ini diberikan untuk keperluan {use}. Surat ini berlaku ", REGULAR), (_valid(paper), SEMIBOLD),
                   (".", REGULAR)], size=10.8)
    pen.down(3)
    boxed(pen, [("Surat keterangan ini ", REGULAR), (NOT_A_CARD, SEMIBOLD),
                (" dan tidak dapat digunakan sebagai bukti diri di luar keperluan tersebut di atas.", REGULAR)])
    pen.down(7)
    width = pen.width * 0.44
    above = f"{paper.tempat}, {paper.tanggal}" if paper.tempat else paper.tanggal
    owner = ("", "Yang bersangkutan,")
    left, right = rooms(pen, (owner, signer_heading(_signer(paper), above)), width, 10.5, 22)
    ends = [
        signature_block(pen, pen.left, width, owner, paper.penduduk.nama, size=10.5, room=left),
        signer_block(pen, pen.right - width, width, _signer(paper), above, size=10.5, room=right),
    ]
    pen.y = max(ends)
    _verification(pen, paper, below=8.0)


def _valid(paper: LetterPaper) -> str:
    """``berlaku``: until the card is issued, or six months at most."""
    if paper.berlaku != "6_bulan":
        return "sampai KTP-el diterbitkan"
    until = f" sampai dengan tanggal {paper.berlaku_sampai}" if paper.berlaku_sampai else " sejak tanggal surat ini"
    return f"6 (enam) bulan{until}, atau sampai KTP-el diterbitkan bila lebih dahulu"
