"""Papers about people's data, made by the real desk and the product's own renderer, read back and looked at as pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from paper_samples import RESOURCES
from pdf_text import outside, pages, text_of
from PIL import Image

from ktpel_kiosk.desk import breach, keeping, subject_requests, viewing
from ktpel_kiosk.desk.breach import Concern
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.documents.page_pictures import page_picture
from ktpel_kiosk.domain.keeping import SIMPANAN
from ktpel_kiosk.domain.retention import Disposal
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.text import group_nik, mask_nik
from ktpel_kiosk.domain.viewing import Lihat

SHEET = "ab" * 32


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The data copy of one person, the letters of a notice of 24, and the record of a nightly removal, with whom they are about."""
    sys.path.append(str(Path(__file__).resolve().parents[1] / "desk"))
    from desk_office import PASSWORD, build

    office = build(tmp_path_factory.mktemp("surat-data"), "tempeh")
    desk = replace(office.desk, documents=OfficeDocuments(RESOURCES))
    counter, boss = office.actor(Peran.LOKET), office.actor(Peran.SUPERVISOR)
    p = office.begun(3)
    for n in range(18):
        viewing.look(desk, boss, p.id, list(Lihat)[n % 5], "lain", "rahasia kantor")
    asked = subject_requests.receive(desk, counter, "akses", p.penduduk.nik, "SITI", "0812", "salinan data saya")
    asked = subject_requests.move(desk, boss, asked.id, "diproses")
    subject_requests.prove_identity(desk, counter, asked.id, "ktp")
    copy = subject_requests.copy_of_data(desk, boss, asked.id).read_bytes()
    office.clock.advance(3600)
    began = desk.clock.now()
    people = [office.begun(i) for i in range(10, 34)]
    ended = desk.clock.now()
    made = breach.notice(desk, boss, Concern(began, ended), ended, ["nik", "kontak"], "Laptop loket hilang dari mobil dinas. " * 12,
                         "Kunci stasiun dicabut pada hari yang sama. " * 12, second_username="kasi", second_password=PASSWORD)
    first, *letters = breach.papers(desk, boss, made.id)
    desk.register.write(lambda tx: (tx.add_disposal(Disposal("d1", desk.clock.now(), "draf", 3, 30, "-", SHEET)),
                                    tx.log("DataDisposed", "d1", "-")))
    record = keeping.record(desk, boss, "d1").read_bytes()
    yield {"person": p, "copy": copy, "people": people, "lembaga": first.read_bytes(), "letter": letters[0].read_bytes(),
           "letters": letters, "record": record, "number": made.nomor}
    desk.register.close()


def test_the_copy_tells_its_owner_everything_in_words_and_nothing_of_the_office(papers: dict[str, Any]) -> None:
    text, p = text_of(papers["copy"]), papers["person"]
    for part in ("SALINAN DATA PRIBADI", group_nik(p.penduduk.nik), group_nik(p.penduduk.no_kk), p.penduduk.nama,
                 "Siapa yang melihat data Anda", "NIK lengkap", "Berapa lama disimpan", "Sesuai masa simpan yang ditetapkan kantor",
                 "Hak Anda", "3 x 24 jam"):
        assert part in text, part
    for part in ("rahasia kantor", "Pengaturan", "tulis alasannya", "supervisor"):
        assert part not in text, part
    assert text.count("Lainnya") == 18, "every look, on however many pages"


def test_the_list_for_the_lembaga_names_everybody_and_no_nik_whole(papers: dict[str, Any]) -> None:
    read = pages(papers["lembaga"])
    text = " ".join(read)
    assert len(read) >= 2 and all("Nomor register" in page for page in read[1:2]), "the table's head comes again on the next page"
    assert "Pasal 46" in text and papers["number"] in text
    for p in papers["people"]:
        assert mask_nik(p.penduduk.nik) in text and p.penduduk.nik not in text, p.penduduk.nama


def test_a_letter_speaks_to_one_person_of_that_person_alone(papers: dict[str, Any]) -> None:
    assert len(papers["letters"]) == len(papers["people"])
    text = text_of(papers["letter"])
    named = [p for p in papers["people"] if f"Yth. {p.penduduk.nama} " in text]
    assert len(named) == 1 and not any(p.penduduk.nik in text for p in papers["people"])
    for part in ("Data yang terungkap", "Yang dapat Anda lakukan", "(0334) 520003"):
        assert part in text, part


def test_the_nightly_record_says_what_went_and_names_nobody(papers: dict[str, Any]) -> None:
    (text,) = pages(papers["record"])
    row = next(s for s in SIMPANAN if s.key == "draf")
    for part in ("CATATAN PEMUSNAHAN DATA", row.judul, row.lama, "SHA-256", "abababab abababab"):
        assert part in text, part
    assert not any(p.penduduk.nama in text for p in papers["people"])


@pytest.mark.parametrize("name", ["copy", "lembaga", "letter", "record"])
def test_every_page_is_drawn_and_stays_inside_the_paper(papers: dict[str, Any], name: str) -> None:
    pdf = papers[name]
    assert outside(pdf) == []
    count = page_picture(pdf, 0).count
    for n in range(count):
        page = Image.open(BytesIO(page_picture(pdf, n).png)).convert("L")
        ink = page.point(lambda v: 255 if v < 128 else 0).getbbox()
        assert ink is not None, f"page {n + 1} is empty"
        left, top, right, bottom = ink
        assert left > 0.05 * page.width and top > 0.02 * page.height and right < 0.95 * page.width and bottom < 0.99 * page.height, (n, ink)
