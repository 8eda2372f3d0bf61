"""What the notices of failed protection say: to the lembaga with the list, and to each person (UU 27/2022 Ps 46 ayat (2))."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.kegagalan import DATA_NAMES, Kegagalan
from ktpel_kiosk.domain.text import date_long, datetime_long, mask_nik, number_text
from ktpel_kiosk.ports.papers import Signer, StatementPaper, StatementPart

if TYPE_CHECKING:
    from ktpel_kiosk.desk.breach import Affected

TITLE = "Pemberitahuan kegagalan pelindungan data pribadi"
BASIS = "Pasal 46 Undang-Undang Nomor 27 Tahun 2022 tentang Pelindungan Data Pribadi"
ADVICE = ("Jangan berikan kode OTP, kata sandi, atau foto KTP-el kepada siapa pun yang menghubungi Anda. Bila ada pihak yang memakai data "
          "Anda, laporkan ke kantor ini dan ke kepolisian dengan membawa surat ini.")


def to_lembaga(desk: Desk, k: Kegagalan, people: Sequence[Affected]) -> StatementPaper:
    rows = tuple((str(n), p.number or "-", p.nama, mask_nik(p.nik)) for n, p in enumerate(people, 1))
    return _paper(desk, k, ("Lembaga Pelindungan Data Pribadi", "di Jakarta"), (
        StatementPart("", (f"Berdasarkan {BASIS}, kami memberitahukan kegagalan pelindungan data pribadi di kantor kami.",)),
        *_facts(desk, k),
        StatementPart("Orang yang terdampak",
                      (f"{number_text(len(people))} permohonan; setiap orang diberi tahu dengan surat tersendiri.",), (),
                      ("No.", "Nomor register", "Nama", "NIK"), rows, (1, 3, 6, 4))))


def to_person(desk: Desk, k: Kegagalan, p: Affected) -> StatementPaper:
    return _paper(desk, k, (p.nama, p.alamat), (
        StatementPart("", (f"Dengan menyesal kami memberitahukan bahwa pelindungan sebagian data pribadi Anda di kantor kami gagal "
                           f"(permohonan {p.number or 'yang belum bernomor'}). Pemberitahuan ini wajib kami sampaikan menurut {BASIS}.",)),
        *_facts(desk, k), StatementPart("Yang dapat Anda lakukan", (ADVICE, _contact(desk)))))


def _facts(desk: Desk, k: Kegagalan) -> tuple[StatementPart, ...]:
    zona = desk.sop.kantor.zona_waktu
    return (
        StatementPart("Data yang terungkap", ("; ".join(DATA_NAMES[d] for d in k.data) + ".",)),
        StatementPart("Kapan dan bagaimana terungkap", (k.bagaimana,), (
            ("Mulai", datetime_long(k.began_at, zona)), ("Sampai", datetime_long(k.ended_at, zona)),
            ("Diketahui", datetime_long(k.known_at, zona)))),
        StatementPart("Penanganan dan pemulihan", (k.penanganan,)))


def _contact(desk: Desk) -> str:
    kantor = desk.sop.kantor
    ways = [x for x in (kantor.telepon, kantor.email, kantor.situs) if x]
    return "Pertanyaan dapat disampaikan di kantor kami" + (f" atau lewat {' · '.join(ways)}." if ways else ".")


def _paper(desk: Desk, k: Kegagalan, to: tuple[str, ...], parts: tuple[StatementPart, ...]) -> StatementPaper:
    kantor = desk.sop.kantor
    return StatementPaper(
        kop=kantor.kop, judul=TITLE, nomor=k.nomor, kepada=to, bagian=parts, penutup="Demikian pemberitahuan ini kami sampaikan.",
        place_date=f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(local_time(desk, k.made_at).date())}",
        penandatangan=Signer(kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip))
