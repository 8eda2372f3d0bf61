"""Books: masked by default, void rows stay, export audited, bad arguments refused."""

from __future__ import annotations

import pytest

from ktpel_kiosk.desk import books, intake
from ktpel_kiosk.domain.errors import BadInput, NotAllowed
from ktpel_kiosk.domain.sop import Peran


def test_export_masks_the_nik_and_is_audited(office, tmp_path):
    p = office.walk().advance(office.prr(office.sealed()).id)
    digest = books.export_register(office.desk, office.actor(Peran.SUPERVISOR), "permohonan", "csv", tmp_path / "b.csv")
    text = (tmp_path / "b.csv").read_text()
    assert p.nomor_register in text
    assert p.penduduk.nik not in text
    exported = [link for link in office.desk.register.read(lambda v: v.audit(limit=10_000)) if link.event == "RegisterExported"]
    assert exported[-1].facts["digest"] == digest


def test_full_nik_needs_role_and_reason(office, tmp_path):
    p = office.walk().advance(office.begun().id)
    out = tmp_path / "b.csv"
    with pytest.raises(BadInput):
        books.export_register(office.desk, office.actor(Peran.SUPERVISOR), "permohonan", "csv", out, full_nik=True)
    with pytest.raises(NotAllowed):
        books.export_register(office.desk, office.actor(Peran.LOKET), "permohonan", "csv", out, full_nik=True, reason="x")
    assert not out.exists()
    books.export_register(office.desk, office.actor(Peran.SUPERVISOR), "permohonan", "csv", out, full_nik=True, reason="diminta Dinas")
    assert p.penduduk.nik in out.read_text()


def test_every_book_has_the_finished_application(office, tmp_path):
    p = office.walk().advance(office.prr(office.sealed()).id)
    for book in books.LAYOUTS:
        made = books.build_book(office.desk, book)
        assert len(made.rows) == 1, book
        assert len(made.rows[0].cells) == len(made.columns), book
        assert len(made.widths) == len(made.columns), book
        assert p.penduduk.nama in made.rows[0].cells, book


def test_void_row_stays(office):
    p = intake.assign_number(office.desk, office.actor(Peran.LOKET), office.begun().id)
    intake.void_application(office.desk, office.actor(Peran.SUPERVISOR), p.id, "salah orang")
    row = books.build_book(office.desk, "permohonan").rows[0]
    assert row.void
    assert row.cells[-1] == "BATAL: salah orang"


@pytest.mark.parametrize(("book", "format"), [("apa", "csv"), ("permohonan", "doc")])
def test_unknown_book_or_format_is_one_clear_error(office, tmp_path, book, format):
    with pytest.raises(BadInput):
        books.export_register(office.desk, office.actor(Peran.SUPERVISOR), book, format, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_verify_says_how_long_the_chain_is(office):
    office.begun()
    check = books.verify_register(office.desk, office.actor(Peran.SUPERVISOR))
    assert check.whole
    assert check.length > 5
