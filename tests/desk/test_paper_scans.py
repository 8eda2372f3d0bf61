"""Pictures of papers: kept with the draft, carried to the application, gone with the draft, never another officer's."""

from __future__ import annotations

import pytest

from ktpel_kiosk.desk import intake, paper_scans
from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import BadInput, NotFound
from ktpel_kiosk.domain.sop import Layanan, Peran
from ktpel_kiosk.ports.devices import DeviceKind


class Scanner:
    def __init__(self, pages):
        self.pages = pages

    def scan(self, _timeout_s):
        return self.pages


def with_scanner(office, monkeypatch, pages):
    before = office.desk.devices.call

    class Answer:
        def __init__(self, value):
            self.value = value

        def result(self):
            return self.value

    def call(kind, operation, work, deadline_s):
        return Answer(work(Scanner(pages))) if kind is DeviceKind.SCANNER else before(kind, operation, work, deadline_s)

    monkeypatch.setattr(office.desk.devices, "call", call)


def register(office, loket, key):
    papers = frozenset(i.kode for i in intake.checklist(office.desk, Layanan.BARU_WNI, None))
    return intake.receive_papers(office.desk, loket, Layanan.BARU_WNI, office.person(), papers, draft_key=key)


def test_scanned_pages_go_with_the_draft_into_the_application(office, monkeypatch):
    loket = office.actor(Peran.LOKET)
    key = intake.begin_intake(office.desk, loket)
    with_scanner(office, monkeypatch, [RawImage(1, 1, 1, b"a"), RawImage(1, 1, 1, b"b")])
    assert paper_scans.scan_paper(office.desk, loket, key, "kk", lambda raw: b"\xff\xd8" + raw.data) == 2
    assert paper_scans.scan_paper(office.desk, loket, key, "kk", lambda raw: b"\xff\xd8" + raw.data) == 4
    paper_scans.keep_pages(office.desk, loket, key, "tidak_diminta", [b"x"])
    assert paper_scans.counts(office.desk, loket, key) == {"kk": 4, "tidak_diminta": 1}
    assert key in intake.drafts(office.desk, loket) and len(intake.drafts(office.desk, loket)) == 1
    p = register(office, loket, key)
    pages = paper_scans.pictures(office.desk, office.actor(Peran.KASI), p.id)
    assert pages == {"kk": (b"\xff\xd8a", b"\xff\xd8b", b"\xff\xd8a", b"\xff\xd8b")}
    assert paper_scans.counts(office.desk, loket, key) == {}


def test_pictures_go_away_with_their_paper_and_with_the_draft(office):
    loket = office.actor(Peran.LOKET)
    key = intake.begin_intake(office.desk, loket)
    for kode in ("kk", "f102"):
        paper_scans.keep_pages(office.desk, loket, key, kode, [b"1"])
    paper_scans.drop_pages(office.desk, loket, key, "kk")
    assert paper_scans.pages_of_draft(office.desk, loket, key, "f102") == (b"1",)
    assert paper_scans.counts(office.desk, loket, key) == {"f102": 1}
    intake.drop_draft(office.desk, loket, key)
    assert paper_scans.counts(office.desk, loket, key) == {}


def test_limits_and_foreign_drafts(office):
    loket = office.actor(Peran.LOKET)
    key = intake.begin_intake(office.desk, loket)
    with pytest.raises(BadInput, match="too_many_pages"):
        paper_scans.keep_pages(office.desk, loket, key, "kk", [b"1"] * (paper_scans.MOST_PAGES + 1))
    with pytest.raises(BadInput, match="too_large") as caught:
        paper_scans.keep_pages(office.desk, loket, key, "kk", [bytes(paper_scans.MOST_BYTES + 1)])
    assert "belum dikenal" not in office.desk.sentences.of(caught.value)
    assert paper_scans.counts(office.desk, loket, key) == {}
    with pytest.raises(NotFound):
        paper_scans.counts(office.desk, loket, "loket:orang_lain:1")
