"""SIAK code lists: code to text, text to code, search by words, and how the KTP-el prints them (DOMAIN.md 3.2).

The spelling is the official one (KATHOLIK, BUDHA, KHONGHUCU), not the dictionary's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ktpel_kiosk.domain.errors import BadInput


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list. Iterating gives (code, text) in code order; ``card`` holds texts the card prints differently."""

    name: str
    items: Mapping[int, str]
    card: Mapping[int, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return iter(self.items.items())

    def __contains__(self, code: object) -> bool:
        return code in self.items

    def __len__(self) -> int:
        return len(self.items)

    def text(self, code: int) -> str:
        """Raises BadInput ``codes.unknown``."""
        found = self.items.get(code)
        if found is None:
            raise BadInput("codes.unknown", field=self.name, value=code)
        return found

    def card_text(self, code: int) -> str:
        """As printed on the KTP-el."""
        return self.card.get(code) or self.text(code)

    def code_of(self, text: str) -> int | None:
        """Code for the exact text (any case, card spelling too) or for the code typed as digits; None when unknown."""
        wanted = " ".join(text.upper().split())
        if wanted.isascii() and wanted.isdigit() and int(wanted) in self.items:
            return int(wanted)
        for code, label in self.items.items():
            if wanted and wanted in (label, self.card.get(code)):
                return code
        return None

    def search(self, words: str, limit: int = 20) -> tuple[tuple[int, str], ...]:
        """Entries that hold every word (or its beginning); those that begin with the first word come first."""
        parts = words.upper().split()
        hits = [(not label.startswith(parts[0]) if parts else False, code, label)
                for code, label in self.items.items() if all(p in label for p in parts)]
        return tuple((code, label) for _, code, label in sorted(hits)[:limit])


def _list(name: str, labels: str, card: dict[int, str] | None = None) -> CodeList:
    items = {i: label.strip() for i, label in enumerate(labels.strip().split("|"), start=1)}
    return CodeList(name, MappingProxyType(items), MappingProxyType(card or {}))


JENIS_KELAMIN = _list("jenis_kelamin", "LAKI-LAKI|PEREMPUAN")
KEWARGANEGARAAN = _list("kewarganegaraan", "WNI|WNA")
GOLONGAN_DARAH = _list("golongan_darah", "A|B|AB|O|A+|A-|B+|B-|AB+|AB-|O+|O-|TIDAK TAHU", {13: "-"})
AGAMA = _list(
    "agama", "ISLAM|KRISTEN|KATHOLIK|HINDU|BUDHA|KHONGHUCU|KEPERCAYAAN TERHADAP TUHAN YME / LAINNYA",
    {7: "KEPERCAYAAN TERHADAP TUHAN YME"},
)
STATUS_PERKAWINAN = _list("status_perkawinan", "BELUM KAWIN|KAWIN|CERAI HIDUP|CERAI MATI")
SHDK = _list(
    "shdk", "KEPALA KELUARGA|SUAMI|ISTRI|ANAK|MENANTU|CUCU|ORANGTUA|MERTUA|FAMILI LAIN|PEMBANTU|LAINNYA",
)
PENDIDIKAN = _list(
    "pendidikan_kk",
    "TIDAK/BELUM SEKOLAH|BELUM TAMAT SD/SEDERAJAT|TAMAT SD/SEDERAJAT|SLTP/SEDERAJAT|SLTA/SEDERAJAT|DIPLOMA I/II|"
    "AKADEMI/DIPLOMA III/S. MUDA|DIPLOMA IV/STRATA I|STRATA II|STRATA III",
)
DISABILITAS = _list(
    "penyandang_cacat",
    "CACAT FISIK|CACAT NETRA/BUTA|CACAT RUNGU/WICARA|CACAT MENTAL/JIWA|CACAT FISIK DAN MENTAL|CACAT LAINNYA|TIDAK CACAT",
)
PEKERJAAN = _list("pekerjaan", """
BELUM/TIDAK BEKERJA|MENGURUS RUMAH TANGGA|PELAJAR/MAHASISWA|PENSIUNAN|PEGAWAI NEGERI SIPIL (PNS)|
TENTARA NASIONAL INDONESIA (TNI)|KEPOLISIAN RI (POLRI)|PERDAGANGAN|PETANI/PEKEBUN|PETERNAK|NELAYAN/PERIKANAN|INDUSTRI|KONSTRUKSI|
TRANSPORTASI|KARYAWAN SWASTA|KARYAWAN BUMN|KARYAWAN BUMD|KARYAWAN HONORER|BURUH HARIAN LEPAS|BURUH TANI/PERKEBUNAN|
BURUH NELAYAN/PERIKANAN|BURUH PETERNAKAN|PEMBANTU RUMAH TANGGA|TUKANG CUKUR|TUKANG LISTRIK|TUKANG BATU|TUKANG KAYU|
TUKANG SOL SEPATU|TUKANG LAS/PANDAI BESI|TUKANG JAHIT|TUKANG GIGI|PENATA RIAS|PENATA BUSANA|PENATA RAMBUT|MEKANIK|SENIMAN|TABIB|
PARAJI|PERANCANG BUSANA|PENTERJEMAH|IMAM MASJID|PENDETA|PASTOR|WARTAWAN|USTADZ/MUBALIGH|JURU MASAK|PROMOTOR ACARA|
ANGGOTA DPR-RI|ANGGOTA DPD|ANGGOTA BPK|PRESIDEN|WAKIL PRESIDEN|ANGGOTA MAHKAMAH KONSTITUSI|ANGGOTA KABINET KEMENTERIAN|
DUTA BESAR|GUBERNUR|WAKIL GUBERNUR|BUPATI|WAKIL BUPATI|WALIKOTA|WAKIL WALIKOTA|ANGGOTA DPRD PROVINSI|
ANGGOTA DPRD KABUPATEN/KOTA|DOSEN|GURU|PILOT|PENGACARA|NOTARIS|ARSITEK|AKUNTAN|KONSULTAN|DOKTER|BIDAN|PERAWAT|APOTEKER|
PSIKIATER/PSIKOLOG|PENYIAR TELEVISI|PENYIAR RADIO|PELAUT|PENELITI|SOPIR|PIALANG|PARANORMAL|PEDAGANG|PERANGKAT DESA|
KEPALA DESA|BIARAWATI|WIRASWASTA|LAINNYA
""")

LISTS: Mapping[str, CodeList] = MappingProxyType({
    c.name: c for c in (
        JENIS_KELAMIN, KEWARGANEGARAAN, GOLONGAN_DARAH, AGAMA, STATUS_PERKAWINAN, SHDK, PENDIDIKAN, DISABILITAS, PEKERJAAN,
    )
})

MARRIED_OR_EVER: frozenset[int] = frozenset({2, 3, 4})
"""Codes of status_perkawinan that give the right to a card before 17."""


def code_list(name: str) -> CodeList:
    """Raises BadInput ``codes.list``."""
    found = LISTS.get(name)
    if found is None:
        raise BadInput("codes.list", field=name[:40])
    return found


def text(name: str, code: int) -> str:
    """Text of ``code`` in list ``name``. Raises BadInput ``codes.list`` or ``codes.unknown``."""
    return code_list(name).text(code)


def card_text(name: str, code: int) -> str:
    """Text as the KTP-el prints it: ``-`` for an unknown blood group."""
    return code_list(name).card_text(code)


def religion_label(code: int) -> str:
    """The card's field label: ``Kepercayaan`` for penghayat (MK 97/PUU-XIV/2016), else ``Agama``."""
    return "Kepercayaan" if code == 7 else "Agama"
