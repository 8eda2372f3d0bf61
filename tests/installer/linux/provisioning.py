"""penyediaan.md word for word: on the side of the Dinas, and at the desk of a kecamatan without its windows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import technician
from clean_root import MEDIA, CleanRoot

PAGE = "penyediaan.md"
KEY_PASSWORD = "kunci dinas untuk latihan"
PEOPLE = ["NIK;NO_KK;NAMA_LGKP;JENIS_KLMIN;TMPT_LHR;TGL_LHR;GOL_DRH;AGAMA;STAT_KWN;JENIS_PKRJN;ALAMAT;NO_RT;NO_RW;DESA;EKTP_STATUS",
          "3508080201900001;3508080101150001;WARGA CONTOH;1;LUMAJANG;02-01-1990;4;1;1;9;DUSUN KRAJAN;3;7;Rowokangkung;BELUM REKAM"]
Dinas = Callable[..., str]
"""A command typed by the Dinas at another computer, with the answers to what it asks."""


@dataclass(frozen=True)
class Office:
    """``centre``: folder of the keys its packets are opened with. ``passwords``: user name -> first password. ``begun``: monotonic."""

    centre: str
    passwords: dict[str, str]
    begun: float


def dinas_of(root: CleanRoot) -> Dinas:
    """Another computer, another user, another folder; the first call makes them."""
    if root.run("getent passwd dinas").returncode != 0:
        root.done("useradd --create-home --shell /bin/bash dinas")

    def dinas(command: str, *answers: tuple[str, str]) -> str:
        return root.typed(f"runuser -l dinas --session-command {_quoted(command)}", answers)

    return dinas


def provisioned(root: CleanRoot) -> Office:
    begun = time.monotonic()
    dinas = dinas_of(root)
    centre = _authority(dinas)
    phrase, mark, passwords = _bundle(root, dinas)
    _apply(root, phrase, mark)
    _certificates(root, dinas)
    return Office(centre, passwords, begun)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _authority(dinas: Dinas) -> str:
    """The authority and the centre are others' work: an example of both, whose public certificates the Dinas has in ``pusat``."""
    dinas("ktpel-kiosk provision station-keys contoh --out percobaan")
    dinas("ktpel-kiosk keys demo-authority percobaan/permintaan-contoh --out otoritas")
    dinas("mkdir pusat && cd otoritas/kembalikan && cp otoritas.crt pusat-*.crt receipt-*.crt ../../pusat/")
    return "/home/dinas/otoritas/pusat"


def _bundle(root: CleanRoot, dinas: Dinas) -> tuple[str, str, dict[str, str]]:
    """What stands on paper: the words that open the bundle, those of its signer, the first passwords."""
    home = root.path / "home/dinas"
    [key] = technician.commands(PAGE, "Di Dinas, sekali saja: kunci penanda")
    said = dinas(key, ("Kata sandi kunci", KEY_PASSWORD), ("onfirm", KEY_PASSWORD))
    words = re.search(r"Kata penanda: ([a-z]+(?: [a-z]+){7})", said)
    assert words is not None, said
    (home / "rencana.toml").write_text("\n".join(technician.blocks(PAGE)["Di Dinas: rencana"]))
    (home / "penduduk").mkdir()
    (home / "penduduk/rowokangkung.csv").write_text("\n".join(PEOPLE) + "\n")
    make, check = technician.commands(PAGE, "Di Dinas: membuat bundel")
    dinas(make, ("Kata sandi", KEY_PASSWORD))
    prints = home / "hasil/cetak"
    phrase = " ".join(technician.printed_words(prints / "3508080-meja-1-teknisi.pdf", "Kata pembuka: ", 7))
    shown = " ".join(technician.printed_words(prints / "3508080-meja-1-teknisi.pdf", "Kata penanda: ", 8))
    passwords = technician.printed_passwords(prints / "3508080-meja-1-sandi.pdf")
    assert shown == words[1] and len(phrase.split()) == 7 and set(passwords) == {"camat", "joko", "siti"}
    root.done(f"{MEDIA} mount sda1 && cp /home/dinas/hasil/flashdisk/* /media/usb/")
    assert words[1] in dinas(check)
    return phrase, shown, passwords


def _apply(root: CleanRoot, phrase: str, mark: str) -> None:
    root.stick("sdb1", "cadangan", 3000)
    root.done(f"{MEDIA} mount sdb1 && {MEDIA} unmount sda1 && {MEDIA} mount sda1")  # the second disk stays at the desk
    apply, doctor = technician.commands(PAGE, "Di kecamatan, tanpa jendela")
    said = root.typed(apply, [("Kata pembuka", phrase), ("kata penanda", mark)])
    assert "siap" in said.splitlines()[-1] and "Kode pemulihan cadangan" in said
    assert "[gagal" not in root.done(doctor)


def _certificates(root: CleanRoot, dinas: Dinas) -> None:
    [request, *_] = technician.told(PAGE, "sudo ktpel-kiosk provision request")
    [take] = technician.told(PAGE, "sudo ktpel-kiosk keys take")
    [state] = technician.told(PAGE, "sudo ktpel-kiosk keys state")
    root.done(f"{request} && cp -r /media/usb/permintaan-3508080-meja-1 /home/dinas/ && chown -R dinas /home/dinas")
    dinas("ktpel-kiosk keys demo-authority permintaan-3508080-meja-1 --out otoritas")
    root.done("cp -r /home/dinas/otoritas/kembalikan /media/usb/ && chmod -R a+rX /media/usb/kembalikan")
    root.done(take.replace("FOLDER", "/media/usb/kembalikan"))
    root.done(state)
