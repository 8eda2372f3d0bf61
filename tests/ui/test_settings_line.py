from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pagekit import PageBench, bench
from PySide6.QtWidgets import QLabel

from ktpel_kiosk.desk import line_rules, reports
from ktpel_kiosk.desk.line_rules import HIDDEN
from ktpel_kiosk.domain.certificates import CertificateEnd, Holder
from ktpel_kiosk.domain.errors import ServerRefused
from ktpel_kiosk.domain.outbox import WaitCause
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.widgets.buttons import Chip


class Answering:
    """A gateway that answers news with nothing, or with a trouble."""

    trouble: Exception | None = None

    def statuses(self, after: int, wait_s: float) -> tuple[Any, ...]:
        if self.trouble:
            raise self.trouble
        return ()


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot)


@pytest.fixture
def gateway(kit) -> Answering:
    made = Answering()
    causes = {"gateway.proxy": WaitCause.PROXY}
    kit.office.desk = replace(kit.office.desk, gateway=made, gateway_address=lambda: "https://siak.contoh.go.id",
                              cause_of=lambda e: causes.get(e.message_key))
    return made


def test_rules_are_typed_saved_and_the_password_is_never_shown_again(kit, gateway):
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[Peran.ADMIN], section="sambungan")
    section = page.section("sambungan")
    assert section.address.text() == "https://siak.contoh.go.id"
    for name, value in (("proksi", "proxy kantor"), ("batas", "64"), ("mulai", "18.00"), ("selesai", "06.00")):
        section.fields[name].set_value(value)
    kit.press("F9")
    assert "tanpa spasi" in section.proxy.message() and section.proxy.editor.accessibleDescription() == section.proxy.message()
    for name, value in (("proksi", "proxy.kantor.go.id:3128"), ("pengguna", "tempeh"), ("sandi", "rahasia 1")):
        section.fields[name].set_value(value)
    kit.press("F9")
    assert "disimpan" in kit.notice()
    kept = line_rules.line_rules(kit.office.desk)
    assert kept.proxy == "http://tempeh:rahasia%201@proxy.kantor.go.id:3128" and kept.max_bytes_per_s == 64_000
    assert section.password.value() == HIDDEN and "rahasia" not in section.note.text()
    assert section.note.text() == ("Paket dikirim pukul 18.00 sampai 06.00, paling cepat 64 kB per detik, "
                                   "lewat proksi proxy.kantor.go.id:3128.")
    section.proxy.set_value("proxy.lain.go.id:3128")
    kit.press("F9")
    assert "kata sandinya lagi" in section.password.message() and section.password.value() == ""
    assert line_rules.line_rules(kit.office.desk) == kept


def test_the_check_explains_every_step_and_stays(kit, gateway):
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[Peran.ADMIN], section="sambungan")
    section = page.section("sambungan")

    def steps() -> list[str]:
        lines = [section.steps.itemAt(n).layout() for n in range(section.steps.count())]
        return [line.itemAt(0).widget().accessibleName() for line in lines if line is not None]

    section.test.click()
    kit.wait()
    assert section.chip.text() == "Tersambung" and len(steps()) == 6 and all(s.endswith(": baik") for s in steps())
    gateway.trouble = ServerRefused("gateway.proxy", status=407)
    section.test.click()
    kit.wait()
    assert section.chip.text() == "Proksi menolak" and "Pengelola jaringan" in section.fixer.text()
    assert steps()[:3] == ["Jaringan: baik", "Nama server: baik", "Proksi kantor: di sini terhenti"]
    assert all(s.endswith("belum sampai") for s in steps()[3:])
    page.tabs.choose("tampilan")
    page.tabs.choose("sambungan")
    kit.wait()
    assert section.chip.text() == "Proksi menolak", "the result stays"
    section.ceiling.set_value("99")
    section.test.click()
    kit.wait()
    assert "Simpan dulu" in kit.notice()


def test_who_may_not_change_sees_the_rules_and_may_check(kit, gateway):
    page = kit.open("pengaturan", PengaturanPage, kit.office.rina, section="sambungan")
    section = page.section("sambungan")
    assert section.save.isHidden() and not section.test.isHidden()
    assert not any(field.editor.isEnabled() for field in section.fields.values())


def test_certificates_with_their_end_and_who_acts(kit, gateway):
    now = kit.office.clock.now()
    ends = (CertificateEnd(Holder.STATION, now + timedelta(days=26, hours=1)), CertificateEnd(Holder.CENTRE, now + timedelta(days=900)))
    kit.office.desk = replace(kit.office.desk, certificate_ends=lambda: ends)
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[Peran.ADMIN], section="sambungan")
    facts = page.section("sambungan").facts
    told = [w.text() for w in facts.trust.findChildren(QLabel)]
    assert "Sertifikat stasiun" in told and "berlaku sampai 16 Desember 2026" in told
    assert any(w.text() == "26 hari lagi" for w in facts.trust.findChildren(Chip))
    assert sum("administrator" in t for t in told) == 1, "only of the one that ends"
    assert facts.refused.isHidden()


def test_refused_card_reports_are_shown_with_their_reason_and_sent_again(kit, gateway):
    def refuse(tx):
        tx.put_draft("lapor-ditolak:1", json.dumps({
            "event": "spoiled", "event_id": "1", "blangko": "00007", reports.WHY: "gateway.packet_invalid",
            reports.WHEN: kit.office.clock.now().isoformat()}))
        tx.log("CardReportRefused", "-", "-")

    kit.office.register.write(refuse)
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[Peran.ADMIN], section="sambungan")
    facts = page.section("sambungan").facts
    assert facts.title.text() == "1 laporan kartu ditolak pusat"
    told = " ".join(w.text() for w in facts.refused.findChildren(QLabel))
    assert "Kartu rusak · blangko 00007" in told and "isi laporan ini tidak benar" in told and "20 November 2026" in told
    facts.again.click()
    kit.wait()
    assert "1 laporan kartu dikirim lagi" in kit.notice() and facts.refused.isHidden()
    waiting = kit.office.register.read(lambda v: dict(v.drafts(reports.PREFIX)))
    assert json.loads(waiting["lapor:1"]) == {"event": "spoiled", "event_id": "1", "blangko": "00007"}


def test_whoever_may_not_send_sees_the_reports_without_the_button(kit, gateway):
    kit.office.register.write(lambda tx: (tx.put_draft("lapor-ditolak:1", json.dumps({"event": "encoded", "event_id": "1"})),
                                          tx.log("CardReportRefused", "-", "-")))
    page = kit.open("pengaturan", PengaturanPage, kit.office.actors[Peran.KASI], section="sambungan")
    facts = page.section("sambungan").facts
    assert not facts.refused.isHidden() and facts.again.isHidden()
