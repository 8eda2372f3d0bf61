"""What the public reads while nobody is served: maklumat, standar pelayanan, ways to complain (Permenpan RB 15/2014; UU 25/2009)."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.sop import Kantor, Komponen, Sop
from ktpel_kiosk.domain.text import minutes_text, number_text
from ktpel_kiosk.ports.register import Tx

MAKLUMAT_SETTING = "maklumat.teks"
MAX_MAKLUMAT = 700
DEFAULT_MAKLUMAT = (
    "Dengan ini kami menyatakan sanggup menyelenggarakan administrasi kependudukan secara cepat, tepat, transparan, pasti, dan gratis "
    "sesuai standar pelayanan yang telah ditetapkan. Apabila tidak sesuai, kami siap menerima sanksi sesuai peraturan "
    "perundang-undangan yang berlaku."
)
"""After the maklumat of Manggarai Barat (DOMAIN.md 7.3)."""

FREE = "Gratis (Pasal 79A Undang-Undang Nomor 24 Tahun 2013)"
NATIONAL_CHANNEL = "SP4N-LAPOR!: lapor.go.id"


def maklumat(desk: Desk) -> str:
    """The office's own words, or the usual ones."""
    return desk.register.read(lambda v: v.setting(MAKLUMAT_SETTING)) or DEFAULT_MAKLUMAT


def set_maklumat(desk: Desk, actor: Actor, text: str) -> None:
    """Raises NotAllowed, BadInput ``notice.empty`` or ``notice.too_long``."""
    require(actor, "change_settings")
    clean = free_text(text, "maklumat", limit=4000)
    if not clean:
        raise BadInput("notice.empty")
    if len(clean) > MAX_MAKLUMAT:
        raise BadInput("notice.too_long", count=len(clean), limit=MAX_MAKLUMAT)

    def work(tx: Tx) -> None:
        tx.put_setting(MAKLUMAT_SETTING, clean)
        tx.log("SettingChanged", MAKLUMAT_SETTING, actor.username)

    desk.register.write(work)


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to complain. ``kind``: kotak_saran, situs, email, telepon, lapor, langsung, lain. ``link`` empty: nothing to scan."""

    kind: str
    name: str
    value: str
    link: str = ""


def channels(kantor: Kantor) -> tuple[Channel, ...]:
    """As the office's SOP names them; the counter itself and the national channel are added where they are missing."""
    lines = list(kantor.pengaduan)
    if not lines:
        lines = [f"{n}: {v}" for n, v in (("Telepon", kantor.telepon), ("Email", kantor.email), ("Website", kantor.situs)) if v]
    found = [_channel(line) for line in lines]
    if not any(c.kind == "lapor" for c in found):
        found.append(_channel(NATIONAL_CHANNEL))
    if not any(c.name.lower().startswith("langsung") for c in found):
        found.append(Channel("langsung", "Langsung", "kepada petugas di kantor ini"))
    return tuple(found)


def _channel(line: str) -> Channel:
    name, _, value = (x.strip() for x in line.partition(":"))
    lower = line.lower()
    if "lapor" in lower:
        return Channel("lapor", name, value, f"https://www.{value.removeprefix('www.')}" if value else "")
    if "@" in value:
        return Channel("email", name, value, f"mailto:{value}")
    if any(w in name.lower() for w in ("website", "situs", "web")) and value:
        return Channel("situs", name, value, value if "://" in value else f"https://{value}")
    if any(w in name.lower() for w in ("telepon", "telp", "hp", "whatsapp", "sms")):
        return Channel("telepon", name, value)
    if "kotak" in lower:
        return Channel("kotak_saran", name, value or "di ruang pelayanan")
    return Channel("lain", name, value) if value else Channel("lain", "Tata cara", name)


def service_standard(sop: Sop) -> tuple[Komponen, ...]:
    """The office's own Standar Pelayanan; where its source has none, what its SOP says of the same components."""
    if sop.standar:
        return sop.standar
    kantor = sop.kantor
    made = [Komponen(f"Persyaratan: {s.nama}", tuple(x.umum for x in s.syarat if not x.lokal))
            for s in sop.layanan]
    made.append(Komponen("Sistem, mekanisme, dan prosedur", tuple(step.kegiatan for step in sop.langkah)))
    made.append(Komponen("Jangka waktu", (duration(sop),)))
    made.append(Komponen("Biaya/tarif", (FREE,)))
    made.append(Komponen("Produk pelayanan", (
        "KTP-el" if sop.akhir == "kartu" else "Perekaman KTP-el, Surat Pengantar, dan Surat Keterangan Perekaman",)))
    made.append(Komponen("Penanganan pengaduan", tuple(f"{c.name}: {c.value}" if c.value else c.name for c in channels(kantor))))
    for title, lines in (("Dasar hukum", sop.dasar_hukum), ("Peralatan dan perlengkapan", sop.peralatan),
                         ("Kompetensi pelaksana", sop.kualifikasi)):
        if lines:
            made.append(Komponen(title, lines))
    return tuple(k for k in made if k.isi)


def duration(sop: Sop) -> str:
    """``1 hari kerja sejak berkas lengkap`` or ``36 menit pelayanan``."""
    if sop.mutu.jenis == "hari_kerja" and sop.mutu.nilai:
        return f"{number_text(sop.mutu.nilai)} hari kerja sejak berkas dinyatakan lengkap"
    return minutes_text((sop.mutu.nilai or sop.total_s() / 60) * 60) + " pelayanan, di luar waktu tunggu"
