"""A SOP changed in the middle of the year: reviewed, adopted, in force for new applications only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk_office import Office

from ktpel_kiosk.app import sops
from ktpel_kiosk.desk import queries, sop_versions
from ktpel_kiosk.domain.errors import BadInput, NotAllowed
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.sop_check import check_sop
from ktpel_kiosk.domain.sop_diff import sop_changes
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.domain.sop_flow import flow_table

OFFICES = ["pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin"]


def quicker(text: str) -> str:
    """The same SOP with other hours and one sentence more."""
    changed = text.replace('kuasa_boleh = ', '# edisi baru\nkuasa_boleh = ', 1)
    lines = changed.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("kegiatan = "))
    lines[at] = lines[at][:-1] + ' dengan senyum"'
    return "\n".join(lines) + "\n"


def test_a_new_version_counts_for_new_applications_only(office: Office):
    desk, kasi = office.desk, office.actor(Peran.KASI)
    sop_versions.settle(desk)
    old = desk.sop
    begun = office.begun(0)
    told: list[str] = []
    desk = replace(desk, keep_sop=lambda sop: told.append(sop.digest))
    new = sop_versions.adopt(desk, kasi, quicker(old.source_text))
    assert new.digest != old.digest
    assert (desk.sop, told) == (new, [new.digest])
    office.desk = desk
    later = office.begun(1)
    assert (office.read(begun).sop_digest, office.read(later).sop_digest) == (old.digest, new.digest)
    assert desk.sop_of(begun.sop_digest).langkah[0].kegiatan == old.langkah[0].kegiatan
    assert office.walk().advance(begun.id).sop_digest == old.digest
    made = sop_versions.history(desk)
    assert [(a.digest, a.officer, a.in_force) for a in made] == [(new.digest, kasi.username, True), (old.digest, "-", False)]


def test_after_a_restart_the_register_says_what_is_in_force(office: Office):
    desk = office.desk
    first = desk.sop
    sop_versions.settle(desk)
    new = sop_versions.adopt(desk, office.actor(Peran.KASI), quicker(first.source_text))
    restarted = replace(desk, sop=first, _sops={})
    assert restarted.sop.digest == first.digest
    assert sop_versions.settle(restarted).digest == new.digest
    assert restarted.sop.langkah[0].kegiatan.endswith("dengan senyum")
    assert len(sop_versions.history(restarted)) == 2


def test_the_board_keeps_who_stands_at_a_stage_the_new_version_has_not(office: Office):
    desk, checks = office.desk, (Stage.VERIFIKASI, Stage.VALIDASI)
    checked = office.at(Stage.VERIFIKASI, 0)
    shorter = tuple(replace(s, stages=left) for s in desk.sop.langkah if (left := tuple(x for x in s.stages if x not in checks)))
    desk.put_in_force(replace(desk.sop, langkah=shorter, digest="0" * 64))

    def columns():
        return {c.title: [i.id for i in c.items] for c in queries.board(desk, office.clock.now()).columns}

    assert columns()["Periksa & validasi"] == [checked.id]
    office.walk().advance(checked.id)
    assert "Periksa & validasi" not in columns()
    assert columns()["Menunggu PRR"] == [checked.id]


def test_what_is_refused(office: Office):
    desk, kasi = office.desk, office.actor(Peran.KASI)
    text = desk.sop.source_text
    with pytest.raises(NotAllowed):
        sop_versions.adopt(desk, office.actor(Peran.OPERATOR), quicker(text))
    for wrong, key in ((text, "sop.same"), (text.replace('id = "tempeh"', 'id = "lain"', 1), "sop.other_office"),
                       (text.replace("[[langkah]]", "[[langkah", 1), "sop.toml")):
        with pytest.raises(BadInput) as caught:
            sop_versions.adopt(desk, kasi, wrong)
        assert caught.value.message_key.startswith(key[:4])
        assert key == "sop.toml" or caught.value.message_key == key
    assert desk.sop.source_text == text


def test_a_review_tells_roles_nobody_holds_here(office: Office):
    desk = office.desk
    assert not any(f.rule == "no_officer" for f in sop_versions.review(desk, quicker(desk.sop.source_text)).findings)
    others = [u for u in desk.register.read(lambda v: v.users()) if Peran.OPERATOR in u.peran]
    for u in others:
        desk.register.write(lambda tx, u=u: (tx.save_user(replace(u, active=False)), tx.log("UserSaved", u.username, "-")))
    found = [f for f in sop_versions.review(desk, quicker(desk.sop.source_text)).findings if f.rule == "no_officer"]
    assert found
    assert "operator" in found[0].text


def test_local_extras_are_off_until_turned_on(office: Office):
    assert not sop_versions.local_extras_on(office.desk)
    with pytest.raises(NotAllowed):
        sop_versions.turn_local_extras(office.desk, office.actor(Peran.LOKET), True)
    sop_versions.turn_local_extras(office.desk, office.actor(Peran.SUPERVISOR), True)
    assert sop_versions.local_extras_on(office.desk)


@pytest.mark.parametrize("name", OFFICES)
def test_differences_in_words(name: str):
    old = sops.load(name)
    assert sop_changes(old, old) == ()
    changed = replace(
        old, nomor="99/2027", dasar_hukum=(*old.dasar_hukum, "UU 1/2027"),
        langkah=(replace(old.langkah[0], limit_s=990.0), *old.langkah[2:]), kantor=replace(old.kantor, telepon="0800"),
        layanan=old.layanan[:-1])
    sentences = [c.sentence for c in sop_changes(old, changed)]
    assert any("99/2027" in s for s in sentences)
    assert "Naskah: dasar hukum baru: UU 1/2027" in sentences
    assert any(s.startswith(f"Langkah {old.langkah[0].nomor}: waktu berubah") and "16,5 menit" in s for s in sentences)
    assert any(s.startswith(f"Langkah: langkah {old.langkah[1].nomor} dihapus") for s in sentences)
    assert any(s.startswith("Kantor: telepon berubah") for s in sentences)
    assert f"Layanan: layanan dihapus: {old.layanan[-1].nama}" in sentences


@pytest.mark.parametrize("name", OFFICES)
def test_the_flow_table_fits_and_marks_one_lane_per_step(name: str):
    sop = sops.load(name)
    lines = flow_table(sop).splitlines()
    assert max(map(len, lines)) <= 160
    marked = [line for line in lines if any(m in line for m in ("(o)", "[x]", "<?>"))][:-1]
    assert len(marked) == len(sop.langkah)
    for line, step in zip(marked, sop.langkah, strict=True):
        assert line.startswith(f"| {step.nomor}".ljust(4))
        assert sum(line.count(m) for m in ("(o)", "[x]", "<?>")) == len(step.pelaksana)
    text = " ".join("\n".join(lines).replace("|", " ").split())
    assert sop.nomor in text or not sop.nomor
    assert f"Jumlah waktu langkah: {sop.total_s() / 60:.0f} menit" in text or sop.total_s() == 0


@pytest.mark.parametrize(("change", "rule"), [
    (lambda s: replace(s, langkah=(*s.langkah[:-1], replace(s.langkah[-1], stages=()))), "step_without_stage"),
    (lambda s: replace(s, layanan=tuple(replace(x, rekam="tidak", varian=()) for x in s.layanan)), "unreachable_stage"),
    (lambda s: replace(s, pelaksana=tuple(replace(p, peran=()) for p in s.pelaksana)), "actor_without_role"),
    (lambda s: replace(s, pelaksana=tuple(replace(p, peran=()) for p in s.pelaksana)), "nobody_for_stage"),
    (lambda s: replace(s, total_tertulis_menit=None), "total_missing"),
    (lambda s: replace(s, total_tertulis_menit=1.0), "total_differs"),
])
def test_sop_check_finds_what_is_broken(change, rule):
    sop = sops.load("tapin")
    assert rule not in {f.rule for f in check_sop(sop)}
    assert rule in {f.rule for f in check_sop(change(sop))}


def test_the_quicker_text_is_still_a_sop():
    assert parse_sop(quicker(sops.load("tempeh").source_text)).langkah
