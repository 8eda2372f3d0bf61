from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.hal.simulators import faults
from ktpel_kiosk.hal.simulators.faults import Faults


@given(after=st.integers(0, 6), times=st.integers(0, 6))
def test_after_and_times(after: int, times: int) -> None:
    script = Faults()
    script.add("camera", "black", after=after, times=times)
    struck = [script.strikes("camera", "black") is not None for _ in range(20)]
    expected = 20 - after if times == 0 else times
    assert struck == [False] * after + [True] * expected + [False] * (20 - after - expected)


def test_conditions_last_until_cleared() -> None:
    script = Faults()
    script.add("card_printer", "media_empty")
    assert all(script.active("card_printer", "media_empty") for _ in range(3))
    assert not script.active("card_printer", "cover")
    script.clear("card_printer")
    assert not script.active("card_printer", "media_empty")


@pytest.mark.parametrize(("device", "fault", "after"), [("camera", "jam", 0), ("kamera", "black", 0), ("camera", "black", -1)])
def test_nonsense_is_refused(device: str, fault: str, after: int) -> None:
    with pytest.raises(BadInput):
        Faults().add(device, fault, after=after)


def test_scripts_in_toml_and_json(tmp_path: Path) -> None:
    toml, other = tmp_path / "faults.toml", tmp_path / "faults.json"
    toml.write_text('[[fault]]\ndevice = "card_reader"\nfault = "status"\nafter = 1\nsw = "6982"\n')
    other.write_text(json.dumps({"fault": [{"device": "camera", "fault": "black", "times": 2}]}))
    script = Faults()
    script.load(toml)
    assert script.strikes("card_reader", "status") is None
    struck = script.strikes("card_reader", "status")
    assert struck is not None and struck.params == {"sw": "6982"}
    script.load(other)
    assert script.strikes("camera", "black")


@pytest.mark.parametrize("text", ["[[fault]]\ndevice = 1", "x = [", '[[fault]]\ndevice = "camera"\nfault = "jam"', "fault = 3",
                                  '[[fault]]\ndevice = "camera"\nfault = "black"\nafter = "soon"'])
def test_broken_scripts_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(text)
    with pytest.raises(BadInput):
        Faults().load(path)
    with pytest.raises(BadInput):
        Faults().load(tmp_path / "absent.toml")


def test_watched_file_takes_effect_while_running(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    script = Faults(watch=path)
    script.add("iris", "closed")
    assert not script.active("camera", "unplugged")
    path.write_text('[[fault]]\ndevice = "camera"\nfault = "unplugged"\n')
    assert script.active("camera", "unplugged")
    path.write_text("half written [")
    os.utime(path, ns=(1, 1))
    assert script.active("camera", "unplugged")
    path.write_text("")
    os.utime(path, ns=(2, 2))
    assert not script.active("camera", "unplugged")
    path.write_text('[[fault]]\ndevice = "camera"\nfault = "unplugged"\n')
    os.utime(path, ns=(3, 3))
    assert script.active("camera", "unplugged")
    path.unlink()
    assert not script.active("camera", "unplugged")
    assert script.strikes("iris", "closed")


def test_manual_lists_every_fault() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "devices.md").read_text(encoding="utf-8")
    for device, fault, text in faults.describe():
        assert f"| {device} | {fault} | {text} |" in manual
