"""The permission table is complete and fits the five offices."""

from __future__ import annotations

from pathlib import Path

import pytest

from ktpel_kiosk.domain.permissions import PERMISSIONS, STAGE_ROLES
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.sop_file import parse_sop

SOPS = sorted((Path(__file__).parents[2] / "resources" / "sop").glob("*.toml"))


def test_every_use_case_and_stage_has_somebody() -> None:
    assert set(STAGE_ROLES) == set(Stage)
    assert all(STAGE_ROLES.values())
    assert all(PERMISSIONS.values())
    assert PERMISSIONS["sign_in"] == frozenset(Peran)


def test_sensitive_acts_stay_with_those_who_answer_for_them() -> None:
    assert PERMISSIONS["export_register_full_nik"] < PERMISSIONS["export_register"]
    assert Peran.ADMIN not in PERMISSIONS["view_register"]
    assert Peran.OPERATOR not in PERMISSIONS["approve_exception"]
    assert PERMISSIONS["reopen_month"] < PERMISSIONS["close_month"]


def test_the_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        PERMISSIONS["view_register"] = frozenset()  # type: ignore[index]


@pytest.mark.parametrize("path", SOPS, ids=lambda p: p.stem)
def test_every_stage_of_every_office_can_be_done_by_an_officer_of_its_sop(path: Path) -> None:
    sop = parse_sop(path.read_text("utf-8"), name=path.name)
    held = {r for p in sop.pelaksana for r in p.peran}
    for step in sop.langkah:
        for stage in step.stages:
            assert (sop.peran_of(step) or STAGE_ROLES[stage]) & held, (step.nomor, stage)
