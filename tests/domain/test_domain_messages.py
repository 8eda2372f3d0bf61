"""Every key the domain raises has an Indonesian sentence whose facts exist."""

from __future__ import annotations

import re
import string
import tomllib
from datetime import date
from pathlib import Path

import pytest

from ktpel_kiosk.domain.errors import ALLOWED_FACTS, BadInput
from ktpel_kiosk.domain.messages import Sentences
from ktpel_kiosk.domain.nik import check_nik, check_no_kk
from ktpel_kiosk.domain.sop_file import parse_sop

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "src" / "ktpel_kiosk" / "domain"
OWN = tomllib.loads((ROOT / "resources/i18n/id/errors/domain.toml").read_text("utf-8"))


def raised_keys() -> set[str]:
    keys = set()
    for name in ("biodata", "codes", "nik", "numbering", "text", "wilayah", "sop_file"):
        source = (DOMAIN / f"{name}.py").read_text("utf-8")
        keys |= set(re.findall(r'(?:BadInput|super\(\).__init__)\(\s*"([a-z_]+\.[A-Za-z0-9_]+)"', source))
    for name in ("sop_file", "toml_reader"):
        source = (DOMAIN / f"{name}.py").read_text("utf-8")
        keys |= {f"sop.{rule}" for rule in re.findall(r'\.fail\(\s*"([a-z_]+)"', source)}
    keys |= {"sop.unknown_stage", "sop.unknown_role", "sop.unknown_service", "sop.unknown_value", "sop.toml"}
    for wrong in ("1", "3508050502080000", "3508053202080001"):
        keys |= {f"nik.{i.rule}" for i in check_nik(wrong, regions=None, today=date(2026, 1, 1)).errors}
    keys |= {f"no_kk.{i.rule}" for i in (*check_no_kk("1"), *check_no_kk("3508054502080001", nik="3508054502080001"))}
    return keys


def test_every_key_has_a_sentence() -> None:
    assert raised_keys() - set(OWN) == set()
    assert len(raised_keys()) > 50


@pytest.mark.parametrize("key", sorted(OWN))
def test_sentences_use_known_facts_and_end_properly(key: str) -> None:
    used = {field for _, field, _, _ in string.Formatter().parse(OWN[key]) if field}
    assert used <= ALLOWED_FACTS
    assert OWN[key].endswith((".", "]]"))


def test_a_real_error_becomes_a_real_sentence() -> None:
    with pytest.raises(BadInput) as caught:
        parse_sop('id = "x"\n', name="coba.toml")
    assert Sentences(OWN).of(caught.value) == "coba.toml baris 1: isian langkah belum ada. Tambahkan."


def test_numbers_are_written_as_indonesians_write_them():
    told = Sentences({"device.stalled": "Tidak selesai dalam {deadline_s} detik, {count} kali."})
    assert told.text("device.stalled", deadline_s=2.0, count=3) == "Tidak selesai dalam 2 detik, 3 kali."
    assert told.text("device.stalled", deadline_s=0.5, count=3) == "Tidak selesai dalam 0,5 detik, 3 kali."
