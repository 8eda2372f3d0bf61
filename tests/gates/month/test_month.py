"""A simulated month: nothing drifts (issue 8, "Soak").

``KTPEL_MONTH_DAYS`` x ``KTPEL_MONTH_PEOPLE`` (22 x 60) sizes the gate; ``KTPEL_MONTH_CHART`` names the folder for chart and numbers,
default ``docs/pictures``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "crash")]

import drift  # noqa: E402
from test_three_months import Gateway  # noqa: E402

ROOT = HERE.parents[2]
DAYS = int(os.environ.get("KTPEL_MONTH_DAYS", "22"))
PEOPLE = int(os.environ.get("KTPEL_MONTH_PEOPLE", "60"))


def play(folder: Path, days: int, people: int, seed: int = 8) -> dict[str, Any]:
    (folder / "kantor").mkdir(parents=True, exist_ok=True)
    prepared = subprocess.run([sys.executable, "-c", OFFICE, str(folder / "kantor")], capture_output=True, text=True, timeout=300)
    assert prepared.returncode == 0, prepared.stderr[-2000:]
    gateway = Gateway(folder / "kantor", 0)
    try:
        with (folder / "stderr.log").open("w") as log:
            done = subprocess.run([sys.executable, str(HERE / "month_desk.py"), str(folder), str(gateway.port), str(days), str(people),
                                   str(seed)], stderr=log, timeout=4 * 3600)
        assert done.returncode == 0, (folder / "stderr.log").read_text()[-3000:]
    finally:
        gateway.stop()
    found: dict[str, Any] = json.loads((folder / "month.json").read_text())
    return found


OFFICE = """
import sys, pathlib
from ktpel_kiosk.app.wiring import open_practice_kiosk
with open_practice_kiosk(pathlib.Path(sys.argv[1]), "tempeh"):
    pass
"""


def judge(month: dict[str, Any], days: int, people: int) -> None:
    assert month["failures"] == []
    last = month["days"][-1]
    assert (len(month["days"]), last["applicants"], last["finished"]) == (days, days * people, days * people)
    drifting = [f"{m.name}: {m.rise:+.4g} over the month ({m.share:+.0%} of the middle day)" for m in drift.measures(month) if m.drifts]
    assert drifting == []


@pytest.mark.gate
@pytest.mark.timeout(5 * 3600)
def test_a_month_and_nothing_drifts(tmp_path: Path) -> None:
    month = play(tmp_path / "bulan", DAYS, PEOPLE)
    out = Path(os.environ.get("KTPEL_MONTH_CHART", ROOT / "docs" / "pictures"))
    out.mkdir(parents=True, exist_ok=True)
    (out / "month.json").write_text(json.dumps(month, indent=1) + "\n")
    drawn = subprocess.run([sys.executable, str(HERE / "month_chart.py"), str(out / "month.json"), str(out / "month.png")],
                           capture_output=True, text=True, timeout=300, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    assert drawn.returncode == 0, drawn.stderr[-2000:]
    judge(month, DAYS, PEOPLE)


# -- the judge itself -----------------------------------------------------------------------------------------------------


def flat(days: int = 12, **per_day: Any) -> dict[str, Any]:
    """A month without drift but with noise; ``per_day[name](n)`` overrides one measure."""
    noise = [0, 3, -2, 5, -4, 1, 2, -3, 4, -1, 0, 2]
    made = []
    for n in range(days):
        wobble = 1 + noise[n % 12] / 100
        entry = {"day": f"2026-11-{n + 2:02d}", "applicants": 60 * (n + 1), "finished": 60 * (n + 1), "memory": 300e6 * wobble,
                 "handles": 60, "threads": 14, "register": int(60 * (n + 1) * 2e6),
                 "seconds": {"rekam": {"count": 60, "p50": 9.9, "p95": 9.9, "processor": 0.8 * wobble}}}
        entry.update({name: value(n) for name, value in per_day.items()})
        made.append(entry)
    return {"people": 60, "days": made, "failures": []}


def test_noise_is_no_drift() -> None:
    judge(flat(), 12, 60)


@pytest.mark.parametrize(("name", "value"), [
    ("memory", lambda n: 300e6 + n * 6e6), ("handles", lambda n: 60 + n), ("threads", lambda n: 14 + n // 2),
    ("register", lambda n: int(sum(60 * 2e6 * (1 + k / 40) for k in range(n + 1)))),
    ("seconds", lambda n: {"rekam": {"count": 60, "p50": 0.8, "p95": 2.0, "processor": 0.8 + n * 0.06}}),
])
def test_a_slow_leak_is_a_drift(name: str, value: Any) -> None:
    with pytest.raises(AssertionError, match="over the month"):
        judge(flat(**{name: value}), 12, 60)


def test_one_bad_day_is_no_drift_and_a_failure_is_one() -> None:
    judge(flat(memory=lambda n: 900e6 if n == 9 else 300e6), 12, 60)
    with pytest.raises(AssertionError):
        judge({**flat(), "failures": ["x"]}, 12, 60)
    with pytest.raises(AssertionError):
        judge(flat(finished=lambda n: 60 * n), 12, 60)
