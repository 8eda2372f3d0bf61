"""The Linux package on a clean Debian 12: installed and provisioned by the technicians' pages word for word, an applicant served, upgraded,
removed, purged.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import technician
from clean_root import CleanRoot, missing, next_version

ROOT = Path(__file__).parents[3]
MOST_MB = 150
DATA = "/var/lib/ktpel-kiosk"
KEY_PASSWORD = "kunci dinas untuk latihan"
PEOPLE = ["NIK;NO_KK;NAMA_LGKP;JENIS_KLMIN;TMPT_LHR;TGL_LHR;GOL_DRH;AGAMA;STAT_KWN;JENIS_PKRJN;ALAMAT;NO_RT;NO_RW;DESA;EKTP_STATUS",
          "3508080201900001;3508080101150001;WARGA CONTOH;1;LUMAJANG;02-01-1990;4;1;1;9;DUSUN KRAJAN;3;7;Rowokangkung;BELUM REKAM"]
Note = Callable[[str, object], None]
MEDIA = "/usr/lib/ktpel-kiosk/session/media"
pytestmark = [pytest.mark.gate, pytest.mark.timeout(7200), pytest.mark.skipif(bool(missing()), reason=missing() or "-")]


@pytest.fixture(scope="module")
def package() -> Path:
    """``KTPEL_DEB`` names one that is built already."""
    given = os.environ.get("KTPEL_DEB")
    if given:
        return Path(given)
    said = subprocess.run([sys.executable, str(ROOT / "tools/deb.py")], capture_output=True, text=True, timeout=3600, check=False)
    assert said.returncode == 0, said.stderr
    return Path(said.stdout.split()[0])


@pytest.fixture(scope="module")
def root(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanRoot]:
    """Installed by pemasangan.md: every line of its steps 1 to 6, in order."""
    folder = tmp_path_factory.mktemp("deb")
    made = CleanRoot.unpacked(folder / "root")
    try:
        content = folder / "usb"
        content.mkdir()
        shutil.copyfile(package, content / package.name)
        made.stick("sda1", "USB", 700, content)
        shutil.rmtree(content)
        for line in technician.numbered("pemasangan.md"):
            if line not in technician.AT_THE_MACHINE:
                with (made.path / "said").open("a") as said:
                    said.write(f"$ {line}\n{made.done(line)}\n")
        yield made
    finally:
        made.close()


def test_the_package_is_small_and_tells_nothing_of_its_builder(package: Path, root: CleanRoot, record_property: Note) -> None:
    size = package.stat().st_size / 1e6
    record_property("package_mb", round(size, 1))
    assert size < MOST_MB
    tree = root.path / "usr/lib/ktpel-kiosk"
    words = f"{re.escape(str(ROOT))}/|/root/\\.pyenv|ktpel-deb-"
    found = subprocess.run(["grep", "-rlE", words, str(tree)], capture_output=True, text=True, timeout=300)
    assert found.stdout == ""
    command = ["find", str(tree), "!", "-type", "l", "(", "-perm", "/022", "-o", "!", "-user", "root", ")"]
    writable = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert writable.stdout == ""


def test_the_examination_after_installing_found_nothing_broken(root: CleanRoot) -> None:
    said = (root.path / "said").read_text()
    assert "Pemeriksaan setelah pemasangan" in said and "Hasil: tidak ada yang gagal" in said
    assert "[gagal" not in said and "$ ktpel-kiosk doctor\n" in said
    assert root.done(f"stat -c '%U %a' {DATA}").split() == ["ktpel", "700"]


def test_every_library_is_there(root: CleanRoot) -> None:
    """What the loader cannot find, of every library that is loaded by itself (``*.libs`` are found by those that load them)."""
    lost = root.done("find /usr/lib/ktpel-kiosk -name '*.so*' -type f ! -path '*.libs/*' -exec sh -c 'ldd \"$1\" 2>/dev/null | "
                     "grep -q \"not found\" && echo \"$1\" || true' - {} ';'")
    assert lost == ""


def test_a_day_is_served_under_the_packaged_runtime(root: CleanRoot) -> None:
    said = (root.path / "said").read_text()
    assert f"$ ktpel-kiosk demo --out {DATA}/coba\n" in said and "Selesai:" in said
    assert not (root.path / DATA.lstrip("/") / "coba").exists()


def test_a_stick_is_mounted_for_the_kiosk_and_let_go(root: CleanRoot) -> None:
    """As ktpel-media@.service does it; udev and systemd are not running here."""
    assert root.done(f"{MEDIA} mount sda1").split() == ["/media/USB"]
    options = root.done("findmnt -no OPTIONS /media/USB").strip().split(",")
    assert {"rw", "nosuid", "nodev", "noexec", "dirsync"} <= set(options)
    root.done("setpriv --reuid=ktpel --regid=ktpel --init-groups sh -c 'echo x >/media/usb/coba && rm /media/usb/coba'")
    assert root.done(f"{MEDIA} mount sda1") == ""
    root.done(f"{MEDIA} unmount sda1")
    assert root.done("ls -A /media") == ""


def test_from_nothing_to_a_served_applicant_by_the_pages_alone(root: CleanRoot, record_property: Note) -> None:
    """penyediaan.md on the side of the Dinas and at the desk; then somebody comes to the counter."""
    begun = time.monotonic()
    page = "penyediaan.md"
    root.done("useradd --create-home --shell /bin/bash dinas")  # another computer, another user, another folder
    home = root.path / "home/dinas"

    def dinas(command: str, *answers: tuple[str, str]) -> str:
        return root.typed(f"runuser -l dinas --session-command {_quoted(command)}", answers)

    centre = _authority(root, dinas)
    [key] = technician.commands(page, "Di Dinas, sekali saja: kunci penanda")
    said = dinas(key, ("Kata sandi kunci", KEY_PASSWORD), ("onfirm", KEY_PASSWORD))
    words = re.search(r"Kata penanda: ([a-z]+(?: [a-z]+){7})", said)
    assert words is not None, said
    (home / "rencana.toml").write_text("\n".join(technician.blocks(page)["Di Dinas: rencana"]))
    (home / "penduduk").mkdir()
    (home / "penduduk/rowokangkung.csv").write_text("\n".join(PEOPLE) + "\n")
    make, check = technician.commands(page, "Di Dinas: membuat bundel")
    dinas(make, ("Kata sandi", KEY_PASSWORD))
    prints = home / "hasil/cetak"
    phrase = " ".join(technician.printed_words(prints / "3508080-meja-1-teknisi.pdf", "Kata pembuka: ", 7))
    shown = " ".join(technician.printed_words(prints / "3508080-meja-1-teknisi.pdf", "Kata penanda: ", 8))
    passwords = technician.printed_passwords(prints / "3508080-meja-1-sandi.pdf")
    assert shown == words[1] and len(phrase.split()) == 7 and set(passwords) == {"camat", "joko", "siti"}

    root.done(f"{MEDIA} mount sda1 && cp /home/dinas/hasil/flashdisk/* /media/usb/")
    assert words[1] in dinas(check)
    root.stick("sdb1", "cadangan", 3000)
    root.done(f"{MEDIA} mount sdb1 && {MEDIA} unmount sda1 && {MEDIA} mount sda1")  # the second disk stays at the desk
    apply, doctor = technician.commands(page, "Di kecamatan, tanpa jendela")
    said = root.typed(apply, [("Kata pembuka", phrase), ("kata penanda", shown)])
    assert "siap" in said.splitlines()[-1] and "Kode pemulihan cadangan" in said
    assert "[gagal" not in root.done(doctor)

    [request, *_] = technician.told(page, "sudo ktpel-kiosk provision request")
    [take] = technician.told(page, "sudo ktpel-kiosk keys take")
    [state] = technician.told(page, "sudo ktpel-kiosk keys state")
    root.done(f"{request} && cp -r /media/usb/permintaan-3508080-meja-1 /home/dinas/ && chown -R dinas /home/dinas")
    dinas("ktpel-kiosk keys demo-authority permintaan-3508080-meja-1 --out otoritas")
    root.done("cp -r /home/dinas/otoritas/kembalikan /media/usb/ && chmod -R a+rX /media/usb/kembalikan")
    root.done(take.replace("FOLDER", "/media/usb/kembalikan"))
    root.done(state)

    served = _somebody_comes(root, centre, passwords)
    record_property("minutes_from_key_to_card", round((time.monotonic() - begun) / 60, 1))
    assert served == {"production": True, "station": "3508080-meja-1", "knows_residents": True, "opened": True,
                      "samples_left": 0, "matched": True, "state": "selesai", "handed_over": True, "audit_whole": True}
    assert root.done(f"find {DATA} ! -user ktpel") == ""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _authority(root: CleanRoot, dinas: Callable[..., str]) -> str:
    """The authority and the centre are others' work: an example of both, whose public certificates the Dinas has in ``pusat``."""
    dinas("ktpel-kiosk provision station-keys contoh --out percobaan")
    dinas("ktpel-kiosk keys demo-authority percobaan/permintaan-contoh --out otoritas")
    dinas("mkdir pusat && cd otoritas/kembalikan && cp otoritas.crt pusat-*.crt receipt-*.crt ../../pusat/")
    return "/home/dinas/otoritas/pusat"


def _somebody_comes(root: CleanRoot, centre: str, passwords: dict[str, str]) -> dict[str, object]:
    """tests/installer/linux/serve_one.py under the packaged Python, as the kiosk's user."""
    place = root.path / "srv/layanan"
    shutil.copytree(root.path / centre.lstrip("/"), place / "pusat")
    shutil.copyfile(Path(__file__).with_name("serve_one.py"), place / "serve_one.py")
    (place / "sandi.json").write_text(json.dumps(passwords))
    root.done("chown -R ktpel: /srv/layanan")
    said = root.run("cd /srv/layanan && umask 077 && setpriv --reuid=ktpel --regid=ktpel --init-groups env HOME=/var/lib/ktpel-kiosk "
                    f"XDG_DATA_HOME=/var/lib /usr/lib/ktpel-kiosk/runtime/bin/python3.11 -P serve_one.py {DATA} pusat sandi.json")
    shutil.rmtree(place)
    assert said.returncode == 0, said.stderr[-3000:]
    found: dict[str, object] = json.loads(said.stdout.splitlines()[-1])
    return found


def test_the_windows_open(root: CleanRoot) -> None:
    said = root.done(f"setpriv --reuid=ktpel --regid=ktpel --init-groups ktpel-kiosk run --office tempeh --windowed --data {DATA}/latihan",
                     QT_QPA_PLATFORM="offscreen", KTPEL_EXIT_WHEN_READY="1")
    assert "ready" in said


def test_an_upgrade_keeps_the_data_and_removing_too(root: CleanRoot, package: Path, tmp_path: Path) -> None:
    mark = root.path / DATA.lstrip("/") / "kantor-ini"
    mark.write_text("register")
    newer = next_version(package, tmp_path, "99.1")
    shutil.copyfile(newer, root.path / "root" / newer.name)
    root.done(f"dpkg -i /root/{newer.name}")
    assert (root.path / "usr/lib/ktpel-kiosk/VERSION").read_text() == "99.1\n"
    assert mark.read_text() == "register"
    root.done("apt-get remove -y -q ktpel-kiosk")
    assert mark.exists() and not (root.path / "usr/lib/ktpel-kiosk").exists()
    said = root.done("apt-get purge -y -q ktpel-kiosk")  # nobody there to answer
    assert mark.exists() and "Data kantor tetap ada" in said
    root.done(f"dpkg -i /root/{newer.name}")
    assert root.done(f"stat -c %U {DATA}/kantor-ini").strip() in ("ktpel", "root") and mark.exists()
    root.done("echo 'ktpel-kiosk ktpel-kiosk/purge_data boolean true' | debconf-set-selections && apt-get purge -y -q ktpel-kiosk")
    assert not mark.exists()
    assert root.run("getent passwd ktpel").returncode != 0
