"""A version is tried on a copy: what is sick leaves everything as it was; what is healthy takes over; killed anywhere, something starts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import update_kit as kit
from update_kit import DIES, FORGETS, GROWS, NEXT, SAME, SICK

from ktpel_kiosk import __version__
from ktpel_kiosk.app import update_launch as launch
from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.app import update_store, update_trial
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.register import driver

OLD = driver.SCHEMA_VERSION


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, bytes]:
    """An office into which every version was brought, the mirror, its root."""
    place = tmp_path_factory.mktemp("pembaruan")
    mirror, root = kit.make_mirror(place)
    data = place / "kantor"
    kit.make_office(data)
    for version in (SAME, GROWS, SICK, DIES, FORGETS):
        kit.bring_in(data, mirror, root, version)
    return data, mirror, root


@pytest.fixture
def data(made: tuple[Path, Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made[0], tmp_path / "kantor")
    monkeypatch.setenv("KTPEL_UJI_KUNCI", kit.key_of(tmp_path / "kantor").hex())
    monkeypatch.delenv(launch.LAUNCHED, raising=False)
    return tmp_path / "kantor"


def _bytes(data: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (data / "register").iterdir() if p.is_file() and not p.name.endswith(("-wal", "-shm"))}


def _try(data: Path, version: str) -> bool:
    layout.want(data, layout.Wanted(version, layout.NOW, "kasi"))
    return update_trial.try_wanted(data)


def _starts(data: Path) -> str:
    """Version that starts now, as the launcher finds it."""
    command = launch.prepared(data, opening=True)
    if command is None:
        return ""
    done = subprocess.run([command[0], "-P", "-m", "ktpel_kiosk.app.entry", "run"], env=command[1], capture_output=True, text=True,
                          check=True, timeout=60)
    return done.stdout.split()[1]


def test_a_healthy_version_takes_over_and_the_register_it_did_not_change_is_the_same_file(data: Path) -> None:
    assert _try(data, SAME)

    choice = layout.choice_of(data)
    assert (choice.version, choice.probation, choice.kept, choice.before) == (SAME, True, "", "")
    assert _starts(data) == SAME
    assert kit.facts(data)[0] == OLD
    assert layout.wanted_of(data) is None
    assert not list(data.glob("register.*-*"))


def test_a_version_with_a_new_schema_starts_on_the_copy_it_migrated_and_the_old_register_is_kept(data: Path) -> None:
    length = kit.facts(data)[1]

    assert _try(data, GROWS)

    choice = layout.choice_of(data)
    assert kit.facts(data) == (NEXT, length, "awal")
    assert (choice.new, choice.old) == ("", "")
    assert len(choice.head) == 64
    assert (data / choice.kept / "register.sqlite").exists()
    assert _starts(data) == GROWS


@pytest.mark.parametrize(("version", "reason"), [(SICK, "update.unhealthy"), (DIES, "update.unhealthy"), (FORGETS, "update.lost_audit")])
def test_a_version_that_is_not_healthy_leaves_the_register_byte_for_byte(data: Path, version: str, reason: str) -> None:
    kit.work(data, "sebelum").close()  # type: ignore[attr-defined]
    before = _bytes(data)

    assert not _try(data, version)

    assert _bytes(data) == before
    assert _starts(data) == ""
    assert layout.choice_of(data).failed == (version,)
    assert layout.history(data)[-1] | {"pada": ""} == {"pada": "", "apa": "gagal", "versi": version, "sebab": reason}
    assert not list(data.glob(f"{update_trial.TRIED}*"))


def test_windows_that_are_open_are_not_disturbed(data: Path) -> None:
    layout.want(data, layout.Wanted(SAME))
    held = subprocess.Popen([sys.executable, "-c", f"from ktpel_kiosk.app.desk_lock import desk_open\nfrom pathlib import Path\n"
                             f"with desk_open(Path({str(data)!r})):\n print('terbuka', flush=True)\n input()"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    try:
        assert held.stdout is not None
        assert held.stdout.readline().strip() == "terbuka"
        with pytest.raises(BadInput) as refused:
            update_trial.try_wanted(data)
    finally:
        held.communicate("\n", timeout=30)
    assert refused.value.message_key == "restore.desk_open"
    assert layout.wanted_of(data) == layout.Wanted(SAME)


def test_a_version_that_never_shows_its_windows_gives_way_and_the_register_is_as_it_was(data: Path) -> None:
    before = _bytes(data)
    assert _try(data, GROWS)

    seen = [_starts(data) for _ in range(layout.STARTS + 1)]

    assert seen == [GROWS] * layout.STARTS + [""]
    assert _bytes(data) == {**before, **{n: b for n, b in _bytes(data).items() if n not in before}}
    assert kit.facts(data)[0] == OLD
    assert layout.choice_of(data).failed == (GROWS,)
    assert list(data.glob(f"{update_trial.FAILED}{GROWS}-*"))


def test_nothing_is_tried_on_a_version_that_has_yet_to_show_its_windows(data: Path) -> None:
    """Else the next one would go back to a version that never had any, and stay there."""
    assert _try(data, SAME)
    layout.want(data, layout.Wanted(GROWS))

    seen = [_starts(data) for _ in range(layout.STARTS + 1)]

    assert seen == [SAME] * layout.STARTS + [""]
    assert layout.wanted_of(data) == layout.Wanted(GROWS), "the wish stays, untried"
    assert _starts(data) == GROWS
    assert layout.choice_of(data).before == ""


def test_whoever_opens_the_register_without_the_launcher_finishes_the_swap_first(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else work would be taken in on the register that is about to be replaced."""
    from ktpel_kiosk.domain.errors import TooNew

    with monkeypatch.context() as stopped:
        stopped.setattr(layout, "settle", lambda _data: None)
        assert _try(data, GROWS)
    assert layout.choice_of(data).new

    with pytest.raises(TooNew):
        kit.work(data, "hilang")

    assert kit.facts(data)[::2] == (NEXT, "awal")
    assert _starts(data) == GROWS


def test_windows_that_came_up_end_the_probation(data: Path) -> None:
    assert _try(data, SAME)
    assert _starts(data) == SAME

    assert layout.healthy(data)

    assert [_starts(data) for _ in range(layout.STARTS + 2)] == [SAME] * (layout.STARTS + 2)


def test_going_back_never_loses_an_acknowledged_act(data: Path) -> None:
    """A desk on probation whose windows came up for a moment: work was taken in, so the register with it stays."""
    assert _try(data, GROWS)
    connection = driver.connect(data / "register" / "register.sqlite", kit.key_of(data), writer=True)
    connection.execute("INSERT INTO audit SELECT sequence + 1, at, actor, event, subject, facts, digest, hex(randomblob(32)) FROM audit "
                       "ORDER BY sequence DESC LIMIT 1").close()
    connection.close()
    length = kit.facts(data)[1]

    assert not update_trial.go_back(data, "uji")

    assert kit.facts(data)[:2] == (NEXT, length)
    assert _starts(data) == GROWS
    assert layout.history(data)[-1]["apa"] == "tetap"


def test_going_back_with_the_same_schema_keeps_the_work_of_the_new_version(data: Path) -> None:
    assert _try(data, SAME)
    kit.work(data, "sesudah").close()  # type: ignore[attr-defined]

    assert update_trial.go_back(data, "uji")

    assert kit.facts(data)[2] == "sesudah"
    assert _starts(data) == ""


def test_a_register_several_desks_share_is_not_migrated_by_one_of_them(data: Path) -> None:
    from ktpel_kiosk.app.office import settings_of, write_settings

    settings = settings_of(data)
    assert settings is not None
    write_settings(data, replace(settings, register_url="postgresql+psycopg://server/kantor"))

    assert not _try(data, GROWS)

    assert layout.history(data)[-1]["sebab"] == "update.shared_register"


def test_a_damaged_pointer_or_a_version_that_is_gone_starts_what_is_installed(data: Path) -> None:
    assert _try(data, SAME)
    shutil.rmtree(layout.store_of(data) / layout.VERSIONS / SAME)
    assert _starts(data) == ""
    (data / layout.FOLDER / layout.CHOICE).write_bytes(b"{")
    assert _starts(data) == ""


def test_the_launcher_of_an_old_package_reads_what_a_later_version_wrote(data: Path) -> None:
    assert _try(data, SAME)
    for name in (layout.CHOICE, layout.WANTED):
        path = data / layout.FOLDER / name
        found = json.loads(path.read_text()) if path.exists() else {"version": GROWS, "when": "night", "asked": "2999-01-01"}
        path.write_text(json.dumps({**found, "baru": 1}))

    assert _starts(data) == SAME
    assert layout.wanted_of(data) == layout.Wanted(GROWS, "night", asked="2999-01-01")


def test_a_package_newer_than_the_chosen_version_goes_first(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _try(data, SAME)
    monkeypatch.setattr(launch, "__version__", "10.0.0")

    assert _starts(data) == ""


def test_a_trial_that_ended_with_the_power_twice_is_not_begun_again(data: Path) -> None:
    layout.want(data, layout.Wanted(SAME, tries=layout.TRIES))

    assert _starts(data) == ""

    assert (layout.wanted_of(data), layout.choice_of(data).failed) == (None, (SAME,))


def test_what_waits_for_the_night_is_tried_at_the_next_morning_at_the_latest() -> None:
    tonight = layout.Wanted(SAME, layout.NIGHT, asked="2026-11-26")

    assert not launch.due(tonight, "2026-11-26")
    assert launch.due(tonight, "2026-11-27")
    assert launch.due(replace(tonight, when=layout.NOW), "2026-11-26")


@pytest.mark.parametrize("version", ["../x", "9.1", "1", "", "9.1.0.0.0", "a.b"])
def test_versions_compare_by_their_numbers(version: str) -> None:
    assert layout.newer("1.10.0", "1.9.9")
    assert not layout.newer("1.9", "1.9.0")
    assert layout.newer(version, "0.1") == (version == "9.1")


def _all_of(data: Path, mirror: Path, root: bytes) -> Callable[[], object]:
    """Bringing in and trying, one after the other, as the desk and the launcher do."""
    def work() -> None:
        kit.bring_in(data, mirror, root, GROWS)
        _try(data, GROWS)

    return work


def _kill_everywhere(made: tuple[Path, Path, bytes], tmp_path: Path, steps: list[tuple[str, int]]) -> None:
    """After each kill something starts, its register is whole and of its own schema, nothing acknowledged is lost; and going on works."""
    first, mirror, root = made
    for number, (step, nth) in enumerate(steps):
        data = tmp_path / f"mati-{number}"
        shutil.copytree(first, data)
        shutil.rmtree(layout.store_of(data))
        expected = kit.facts(data)

        assert kit.killed_at(step, _all_of(data, mirror, root), nth), step

        layout.settle(data)  # what the launcher does first
        version = layout.choice_of(data).version
        schema, length, value = kit.facts(data)
        assert (length, value) == expected[1:], step
        assert schema == (NEXT if version == GROWS else OLD), step
        assert version in ("", GROWS), step
        assert version == "" or launch.command_of(data, version) is not None, step
        wanted = layout.wanted_of(data)
        if version == "":
            kit.bring_in(data, mirror, root, GROWS)
            assert _try(data, GROWS), step
        elif wanted is not None:  # it took over, and the wish was not yet taken back: the next trial finds nothing newer
            assert not update_trial.try_wanted(data)
        assert layout.choice_of(data).version == GROWS, step
        assert kit.facts(data) == (NEXT, *expected[1:]), step
        assert not list(data.glob(f"{update_trial.TRIED}*")), step


def _numbered(steps: list[str]) -> list[tuple[str, int]]:
    return [(step, steps[:at + 1].count(step)) for at, step in enumerate(steps)]


def _found_steps(made: tuple[Path, Path, bytes], tmp_path: Path) -> list[str]:
    data = tmp_path / "langkah"
    shutil.copytree(made[0], data)
    shutil.rmtree(layout.store_of(data))
    return kit.steps_of(_all_of(data, made[1], made[2]))


def test_killed_at_the_steps_that_decide_the_old_or_the_new_version_starts(
        made: tuple[Path, Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KTPEL_UJI_KUNCI", kit.key_of(made[0]).hex())

    _kill_everywhere(made, tmp_path, [(s, 1) for s in ("try.chosen", "settle.place")])


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_killed_at_every_step_the_old_or_the_new_version_starts_never_none(
        made: tuple[Path, Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KTPEL_UJI_KUNCI", kit.key_of(made[0]).hex())
    steps = _numbered(_found_steps(made, tmp_path))

    assert len(steps) >= 18
    _kill_everywhere(made, tmp_path, steps)


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_killed_at_every_step_of_the_way_back_the_old_or_the_new_version_starts(
        made: tuple[Path, Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KTPEL_UJI_KUNCI", kit.key_of(made[0]).hex())
    tried = tmp_path / "dicoba"
    shutil.copytree(made[0], tried)
    before = kit.facts(tried)
    assert _try(tried, GROWS)
    sample = tmp_path / "langkah"
    shutil.copytree(tried, sample)
    steps = _numbered(kit.steps_of(lambda: update_trial.go_back(sample, "uji")))

    assert len(steps) >= 6
    for number, (step, nth) in enumerate(steps):
        data = tmp_path / f"balik-{number}"
        shutil.copytree(tried, data)
        assert kit.killed_at(step, lambda data=data: update_trial.go_back(data, "uji"), nth), step  # type: ignore[misc]
        layout.settle(data)
        version, found = layout.choice_of(data).version, kit.facts(data)
        assert found[0] == (NEXT if version == GROWS else OLD), step
        assert found[1:] == before[1:], step
        if version == GROWS:
            assert update_trial.go_back(data, "uji"), step
        assert kit.facts(data) == before, step
        assert layout.choice_of(data).version == "", step


def test_the_service_answers_a_request_and_believes_nothing_in_it(made: tuple[Path, Path, bytes], tmp_path: Path) -> None:
    _data, mirror, root = made
    store = tmp_path / "toko"
    update_store.update_trust.pin(update_store.trust_of(store), root)
    (store / update_store.ASK).mkdir()
    request = store / update_store.ASK / update_store.REQUEST

    def ask(**body: str) -> update_store.Answer | None:
        request.write_text(json.dumps({"id": "1", **body}))
        return update_store.serve(store)

    assert update_store.serve(store) is None
    assert ask(mirror=str(mirror), version="../../etc") == update_store.Answer("../../etc", "update.request")
    assert ask(mirror="relatif", version=SAME) == update_store.Answer(SAME, "update.request")
    assert getattr(ask(mirror=str(tmp_path / "tidak-ada"), version=SAME), "key", "") == "update.incomplete"
    assert ask(mirror=str(mirror), version=SAME) == update_store.Answer(SAME)
    assert layout.manifest_of(store, SAME) is not None
    assert not request.exists()
    answered = update_store.answer_of(store, "1")
    assert answered is not None
    assert answered.key == ""
    request.symlink_to(tmp_path / "rahasia")
    (tmp_path / "rahasia").write_text("{}")
    assert update_store.serve(store) is None
    assert not request.is_symlink()
    assert __version__ != SAME
