"""A bundle of the Dinas becomes an office; a later one changes it; a stranger's, an old one, another desk's changes nothing."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from provision_office import CAMAT, CHEAP, DAY, DEVICES, EVERYBODY, JOKO, SITI, bundle, plan, signer
from pypdf import PdfReader
from setup_office import another_disk
from typer.testing import CliRunner

from ktpel_kiosk.app import provision, provision_make, sops
from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.maintenance import CONSOLE
from ktpel_kiosk.app.office import settings_of
from ktpel_kiosk.app.officer_keys import QUICK_KEYS
from ktpel_kiosk.app.provision_make import MadeBundle, make_key, read_key
from ktpel_kiosk.app.provision_plan import read_plan
from ktpel_kiosk.app.setup import FolderSetup
from ktpel_kiosk.app.wiring import open_office
from ktpel_kiosk.desk import population, sign_in
from ktpel_kiosk.desk import provision as desk_provision
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, KioskError, NotAllowed, SecurityRefusal
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.packet import demo_authority
from ktpel_kiosk.packet.station_keys import StationKeys

STATION = "3508080-meja-1"


def fresh(folder: Path) -> FolderSetup:
    setup = FolderSetup(folder / "data", same_disk=another_disk)
    setup.data.mkdir(parents=True, exist_ok=True)
    return setup


def settle(folder: Path, made: MadeBundle) -> Path:
    setup = fresh(folder)
    setup.finish(setup.open_bundle(made.file, made.phrase).answers, {}, lambda _t: None)
    return setup.data


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(KioskError) as caught:
        work()
    return caught.value.message_key


def test_from_a_stick_to_a_desk_with_the_first_passwords_of_the_slips(tmp_path: Path) -> None:
    usb = tmp_path / "usb"
    usb.mkdir()
    made = bundle_with_devices(tmp_path, usb)
    setup = fresh(tmp_path)
    looked = setup.look_at_bundle(made.file)
    assert looked.head is not None and looked.words == provision.signer_words(made.head.signers) and len(looked.words) == 8
    assert not list(setup.data.iterdir()), "looking writes nothing"
    filled = setup.open_bundle(made.file, made.phrase.upper().replace(" ", " - "))
    assert (filled.residents, filled.refused, filled.accounts) == (3, 0, {"siti", "joko", "camat"})
    assert filled.answers.backup == str(usb) and filled.answers.station == STATION and setup.load() == filled.answers
    by_hand = replace(filled.answers, officers=tuple(
        replace(o, jabatan="Sekretaris") if o.username == "joko" else o for o in filled.answers.officers))
    setup.finish(by_hand, {"siti": "payung dekat sumur"}, lambda _t: None)  # siti typed her own
    with open_office(setup.data) as kiosk:
        assert kiosk.settings.production and kiosk.settings.gateway_url == "https://gateway.contoh.go.id"
        assert sign_in.sign_in(kiosk.desk, "joko", made.passwords["joko"]).jabatan == "Sekretaris"
        assert refused(lambda: sign_in.sign_in(kiosk.desk, "siti", made.passwords["siti"])).startswith("sign_in")
        assert population.find(kiosk.desk, "3508080201900001") is not None
        assert desk_provision.pinned(kiosk.desk).number == 202611260800
        assert kiosk.register.check_audit().whole and kiosk.register.read(lambda v: v.setting("syarat.lokal")) == "ya"
    assert (setup.data / "devices.toml").read_text() == DEVICES
    assert not [p for p in setup.data.iterdir() if p.name.startswith(".bundel")]


def bundle_with_devices(folder: Path, usb: Path) -> MadeBundle:
    (folder / "rencana").mkdir()
    (folder / "rencana" / "perangkat.toml").write_text(DEVICES)
    return bundle(folder, [signer()], head=f'backup = ["/proc/tidak/ada", "{usb}"]\ngateway_url = "https://gateway.contoh.go.id"\n',
                  more='devices = "perangkat.toml"\nlocal_extras = true')


def test_what_is_printed_opens_what_lies_on_the_stick_and_is_not_on_it(tmp_path: Path) -> None:
    made = bundle(tmp_path, [signer()])
    sheet = " ".join(PdfReader(made.sheet).pages[0].extract_text().split())
    assert all(word in sheet for word in (*made.phrase.split(), *provision.signer_words(made.head.signers), made.file.name))
    slips = PdfReader(made.slips).pages[0].extract_text()
    assert all(password in slips for password in made.passwords.values()) and "Siti Aminah" in slips
    assert [p.name for p in made.file.parent.iterdir()] == [made.file.name]
    raw = made.file.read_bytes()
    for secret in (b"WARGA CONTOH", b"350808", b"Siti", made.phrase.split()[0].encode() + b" "):
        assert secret not in raw.replace(STATION.encode(), b""), "nothing of anybody is readable"
    if os.name == "posix":
        assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in (made.sheet, made.slips))


def test_a_later_bundle_changes_the_office_in_one_piece_and_only_of_the_same_signer(tmp_path: Path) -> None:
    dinas = signer()
    data = settle(tmp_path, first := bundle(tmp_path / "a", [dinas]))
    budi = '[[offices.officers]]\nusername = "budi"\nnama = "Budi Contoh"\nperan = ["loket"]\n'
    (tmp_path / "b" / "rencana").mkdir(parents=True)
    (tmp_path / "b" / "rencana" / "baru.toml").write_text(sops.load("tempeh").source_text + "\n# versi 2\n")
    later = bundle(tmp_path / "b", [dinas], at=DAY + timedelta(days=1), people=5, officers=SITI.replace("Aminah", "Aminah, S.Kom") + budi,
                   more="follow_up = true\nwith_sop = true", sop="baru.toml")
    with open_office(data) as kiosk:
        take = lambda made: provision.take_into(kiosk, CONSOLE, provision.opened(made.file, made.phrase))  # noqa: E731
        before = kiosk.register.read(lambda v: len(v.audit()))
        stranger = bundle(tmp_path / "c", [signer()], at=DAY + timedelta(days=2))
        two = bundle(tmp_path / "d", [dinas, signer()], at=DAY + timedelta(days=2))
        other = bundle(tmp_path / "e", [dinas], at=DAY + timedelta(days=2), more='places = ["Meja 2"]')
        older = bundle(tmp_path / "f", [dinas], at=DAY - timedelta(days=1))
        same_minute = bundle(tmp_path / "g", [dinas], people=4)
        assert [refused(lambda m=m: take(m)) for m in (stranger, two, other, older, same_minute)] == [
            "provision.stranger", "provision.stranger", "provision.other_office", "provision.older", "provision.older"]
        assert kiosk.register.read(lambda v: len(v.audit())) == before, "nothing was written"
        assert take(first).again
        taken = take(later)
        assert (taken.new_accounts, taken.changed_accounts, taken.residents, taken.sop_changed) == (1, 1, 5, True)
        assert kiosk.desk.sop.source_text.endswith("# versi 2\n")
        assert sign_in.sign_in(kiosk.desk, "budi", later.passwords["budi"]).username == "budi"
        assert sign_in.sign_in(kiosk.desk, "siti", first.passwords["siti"]).nama == "Siti Aminah, S.Kom", "her password stays"
        assert refused(lambda: take(first)) == "provision.older" and take(later).again
        chief = Actor("siti", "", frozenset({Peran.KASI, Peran.SUPERVISOR}))
        with pytest.raises(NotAllowed):
            provision.take_into(kiosk, chief, provision.opened(first.file, first.phrase))
        assert kiosk.register.check_audit().whole


@pytest.mark.gate
def test_a_request_is_answered_by_a_bundle(tmp_path: Path) -> None:
    dinas = signer()
    data = settle(tmp_path, bundle(tmp_path / "a", [dinas]))
    runner = CliRunner()
    result = runner.invoke(app, ["provision", "request", "--out", str(tmp_path / "usb"), "--data", str(data)])
    assert result.exit_code == 0, result.output
    back = demo_authority.answer_requests(tmp_path / "usb" / f"permintaan-{STATION}", tmp_path / "otoritas", DAY)
    foreign = StationKeys(tmp_path / "lain").write_requests(STATION, "Kantor", tmp_path / "usb2")
    wrong = demo_authority.answer_requests(foreign, tmp_path / "otoritas2", DAY)
    with open_office(data) as kiosk:
        later, more = DAY + timedelta(days=1), 'follow_up = true\ncertificates = ["{}"]'
        bad = bundle(tmp_path / "b", [dinas], at=later, more=more.format(wrong), officers="")
        said = refused(lambda: provision.take_into(kiosk, CONSOLE, provision.opened(bad.file, bad.phrase)))
        assert said in ("keys.stranger", "keys.chain")
        assert desk_provision.pinned(kiosk.desk).number == 202611260800 and len(StationKeys(data / "keys").missing()) == 5
        good = bundle(tmp_path / "c", [dinas], at=later, more=more.format(back), officers="")
        provision.take_into(kiosk, CONSOLE, provision.opened(good.file, good.phrase))
    assert StationKeys(data / "keys").missing() == ()


def test_keys_made_by_the_dinas_make_a_whole_desk_in_one_visit(tmp_path: Path) -> None:
    keys = tmp_path / "a" / "rencana" / "kunci"
    requests = StationKeys(keys / STATION).write_requests(STATION, "Kecamatan Rowokangkung", tmp_path)
    back = demo_authority.answer_requests(requests, tmp_path / "otoritas", DAY)
    for file in back.iterdir():
        (keys / STATION / file.name).write_bytes(file.read_bytes())
    made = bundle(tmp_path / "a", [signer()], more='keys = "kunci"')
    assert made.head.holds.keys and made.head.holds.certificates == 6
    data = settle(tmp_path, made)
    mine = StationKeys(data / "keys")
    assert mine.missing() == () and (mine.folder / "station.key").read_bytes() == (keys / STATION / "station.key").read_bytes()
    assert stat.S_IMODE((mine.folder / "station.key").stat().st_mode) == 0o600
    other = FolderSetup(tmp_path / "lain", same_disk=another_disk)
    other.data.mkdir()
    StationKeys(other.data / "keys").make()  # a request may be under way for these
    assert refused(lambda: other.open_bundle(made.file, made.phrase)) == "provision.keys_differ"
    assert [p.name for p in other.data.iterdir()] == ["keys"]


@pytest.mark.parametrize(("head", "more", "officers", "word"), [
    ("", "", SITI + JOKO, "admin"), ("salah = 1\n", "", EVERYBODY, "salah"),
    ("", 'keys = 3', EVERYBODY, "keys"),
    ("", 'regions = "tidak.csv"', EVERYBODY, "tidak.csv"),
    ("", 'backup = ["media"]', EVERYBODY, "backup"), ("[[", "", "", "TOML"), ("", 'places = ["Meja 1", "meja 1"]', EVERYBODY, "dua meja"),
])
def test_a_plan_that_cannot_stand_says_where(tmp_path: Path, head: str, more: str, officers: str, word: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_plan(plan(tmp_path, head=head, more=more, officers=officers))
    assert caught.value.message_key == "provision.plan" and word in str(caught.value.facts["reason"])


def test_the_key_of_the_dinas_opens_with_its_password_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision_make, "Ed25519Keys", lambda: QUICK_KEYS)
    path, words = make_key("dinas", "sandi dinas", tmp_path)
    assert provision.signer_words((read_key(path, "sandi dinas").public_key,)) == words
    assert refused(lambda: read_key(path, "salah")) == "officer_key.unopened"
    assert refused(lambda: make_key("dinas", "lain", tmp_path)) == "provision.key_exists"
    path.write_bytes(b"{}")
    assert refused(lambda: read_key(path, "sandi dinas")) == "provision.key_file"


@pytest.mark.gate
def test_by_the_console_with_the_words_of_the_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, runner, data = bundle(tmp_path, [signer()], people=0), CliRunner(), tmp_path / "meja"
    monkeypatch.setenv("KTPEL_KATA_PEMBUKA", made.phrase)
    shown = runner.invoke(app, ["provision", "check", "--open", str(made.file)])
    words = " ".join(provision.signer_words(made.head.signers))
    assert shown.exit_code == 0 and words in shown.output and "Kecamatan Rowokangkung" in shown.output
    for wrong in ([], ["--words", words + " lagi"]):
        result = runner.invoke(app, ["provision", "apply", str(made.file), "--data", str(data), *wrong])
        assert result.exit_code == 1 and not data.exists()
    first = ["provision", "apply", str(made.file), "--data", str(data), "--words", words, "--request-to", str(tmp_path)]
    result = runner.invoke(app, first)
    assert result.exit_code == 0 and "siap" in result.output and (tmp_path / f"permintaan-{STATION}").is_dir(), result.output
    result = runner.invoke(app, ["provision", "apply", str(made.file), "--data", str(data)])
    assert result.exit_code == 0 and "sudah pernah" in result.output, result.output


def test_after_a_power_cut_the_bundle_has_to_be_opened_again(tmp_path: Path) -> None:
    made = bundle(tmp_path, [signer()], people=0)
    answers = fresh(tmp_path).open_bundle(made.file, made.phrase).answers
    again = fresh(tmp_path)
    assert again.load() == answers and again.bundle_accounts() == frozenset()
    missing = {o.username: "payung dekat sumur" for o in answers.officers}
    assert refused(lambda: again.finish(answers, missing, lambda _t: None)) == "provision.open_again"
    assert settings_of(again.data) is None


def test_a_follow_up_makes_no_office_and_a_bundle_is_found_where_it_lies(tmp_path: Path) -> None:
    made = bundle(tmp_path, [signer()], more="follow_up = true", officers=CAMAT, people=0)
    setup = fresh(tmp_path)
    assert refused(lambda: setup.open_bundle(made.file, made.phrase)) == "provision.not_whole" and not list(setup.data.iterdir())
    (made.file.parent / "._x.ktpelsedia").write_bytes(b"")
    (made.file.parent / "foto.jpg").write_bytes(b"")
    assert provision.find([tmp_path / "hasil"]) == (made.file,) == provision.find([made.file.parent, tmp_path / "tidak-ada"])


# -- killed ----------------------------------------------------------------------------------------------------------------


def killed_after(folder: Path, made: MadeBundle, syncs: int) -> bool:
    """Open and finish in a child that ends itself (SIGKILL) at the n-th time something is made durable; whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            real, left = os.fsync, [syncs]

            def fsync(fd: int) -> None:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                real(fd)

            os.fsync = fsync
            settle(folder, made)
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFSIGNALED(status)


def whole(data: Path, made: MadeBundle) -> None:
    with open_office(data) as kiosk:
        assert population.find(kiosk.desk, "3508080201900001") is not None and kiosk.register.check_audit().whole
        for username, password in made.passwords.items():
            assert sign_in.sign_in(kiosk.desk, username, password).username == username


@pytest.mark.gate
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_killed_at_every_durable_step_and_repeated(tmp_path: Path) -> None:
    """In one folder, each time on what the last cut left: no office, or the whole one; a repeat always works."""
    (tmp_path / "rencana").mkdir()
    (tmp_path / "rencana" / "perangkat.toml").write_text(DEVICES)
    made, cut = bundle(tmp_path, [signer()], more='devices = "perangkat.toml"'), 0
    while killed_after(tmp_path, made, cut):
        if settings_of(tmp_path / "data") is not None:
            whole(tmp_path / "data", made)
            break
        cut += 1
    assert cut > 15, "cuts before the office stood"
    whole(tmp_path / "data", made)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_killed_once_before_the_last_word_and_repeated(tmp_path: Path) -> None:
    made = bundle(tmp_path, [signer()])
    assert killed_after(tmp_path, made, 12) and settings_of(tmp_path / "data") is None
    whole(settle(tmp_path, made), made)


def test_a_stranger_gets_nothing_even_with_the_passphrase(tmp_path: Path) -> None:
    """The head of one bundle on the inside of another: signed by the attacker, who knows no passphrase."""
    from ktpel_kiosk.packet import provision as file
    made = bundle(tmp_path, [signer()], people=0)
    outside = provision.read(made.file)
    forged = file.seal(outside.head, file.unseal(outside, made.phrase), "kata lain sama sekali", [signer()], CHEAP)
    made.file.write_bytes(forged)
    setup = fresh(tmp_path)
    assert setup.look_at_bundle(made.file).words != provision.signer_words(made.head.signers)
    assert refused(lambda: setup.open_bundle(made.file, made.phrase)) == "provision.passphrase"
    with pytest.raises(SecurityRefusal):
        provision.require_words(provision.read(made.file).head.signers, " ".join(provision.signer_words(made.head.signers)))
