"""What changes between two versions of an office's SOP, in words a Kasi can check line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import time
from enum import Enum

from ktpel_kiosk.domain.sop import Kantor, Langkah, LayananSop, Sop, Syarat, Varian
from ktpel_kiosk.domain.text import minutes_text, number_text


@dataclass(frozen=True, slots=True)
class SopChange:
    """One difference. ``before`` empty: new; ``after`` empty: gone."""

    part: str
    what: str
    before: str = ""
    after: str = ""

    @property
    def sentence(self) -> str:
        if not self.before:
            return f"{self.part}: {self.what} baru: {self.after}"
        if not self.after:
            return f"{self.part}: {self.what} dihapus: {self.before}"
        return f"{self.part}: {self.what} berubah dari {self.before} menjadi {self.after}"


_HEAD: Mapping[str, str] = {
    "judul": "judul", "nomor": "nomor SOP", "jenis_dokumen": "jenis dokumen", "tanggal": "tanggal", "disahkan_oleh": "disahkan oleh",
    "total_tertulis_menit": "jumlah waktu tertulis", "akhir": "hasil akhir", "empat_mata": "aturan empat mata",
    "kuasa_boleh": "boleh dikuasakan",
}
_LISTS: Mapping[str, str] = {
    "dasar_hukum": "dasar hukum", "kualifikasi": "kualifikasi pelaksana", "keterkaitan": "keterkaitan", "peralatan": "peralatan",
    "peringatan": "peringatan", "pencatatan": "pencatatan", "catatan": "catatan",
}
_OFFICE: Mapping[str, str] = {
    "nama": "nama kantor", "kop": "kop surat", "alamat": "alamat", "telepon": "telepon", "email": "surel", "situs": "situs",
    "zona_waktu": "zona waktu", "jam_buka": "jam buka", "jam_tutup": "jam tutup", "kode_wilayah": "kode wilayah",
    "header_kartu": "kepala KTP-el", "format_nomor": "format nomor register", "format_surat": "format nomor surat",
    "penandatangan_jabatan": "jabatan penandatangan", "penandatangan_nama": "nama penandatangan", "penandatangan_nip": "NIP penandatangan",
    "buku_register": "nama buku register", "pengaduan": "saluran pengaduan", "dpo_kontak": "kontak pelindungan data",
}
_STEP: Mapping[str, str] = {
    "judul": "judul", "kegiatan": "kegiatan", "pelaksana": "pelaksana", "limit_s": "waktu", "stages": "tahap aplikasi",
    "kelengkapan": "kelengkapan", "output": "output", "rekam": "bagian yang direkam", "keterangan": "keterangan", "catatan": "catatan",
}
_SERVICE: Mapping[str, str] = {
    "nama": "nama", "rekam": "perekaman", "tarik_kartu_lama": "penarikan kartu lama", "ketentuan": "ketentuan",
    "kuasa": "boleh dibawa kuasa", "varian": "jenis", "sumber": "sumber",
}
_PAPER: Mapping[str, str] = {"teks": "teks", "wajib": "wajib", "kondisi": "hanya bila", "lokal": "tambahan kantor", "varian": "untuk jenis"}


def sop_changes(old: Sop, new: Sop) -> tuple[SopChange, ...]:
    """Every difference that matters to people or to the desk, in the order of the document; empty when only comments changed."""
    listed = (c for key, name in _LISTS.items() for c in _lines("Naskah", name, getattr(old, key), getattr(new, key)))
    return (
        *_fields("Naskah", old, new, _HEAD), *listed, *_standard(old, new), *_office(old.kantor, new.kantor), *_actors(old, new),
        *_steps(old, new), *_services(old, new), *_public(old, new),
    )


def _fields(part: str, old: object, new: object, names: Mapping[str, str]) -> Iterator[SopChange]:
    for key, name in names.items():
        before, after = getattr(old, key), getattr(new, key)
        if before == after:
            continue
        shown = _text(key, before) or "(kosong)", _text(key, after) or "(kosong)"
        yield SopChange(part, name, *shown) if shown[0] != shown[1] else SopChange(part, name, "isi lama", f"isi baru dari {shown[1]}")


def _text(key: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if key == "limit_s" and isinstance(value, int | float):
        return minutes_text(value)
    if isinstance(value, int | float):
        return number_text(value, 1)
    if isinstance(value, time):
        return f"{value:%H.%M}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Varian):
        return value.nama
    if isinstance(value, tuple):
        return "; ".join(_text(key, v) for v in value)
    return str(value)


def _lines(part: str, name: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[SopChange]:
    for line in old:
        if line not in new:
            yield SopChange(part, name, before=line)
    for line in new:
        if line not in old:
            yield SopChange(part, name, after=line)


def _standard(old: Sop, new: Sop) -> Iterator[SopChange]:
    def words(sop: Sop) -> str:
        if sop.mutu.nilai is None:
            return "tidak ditentukan"
        unit = "menit penanganan" if sop.mutu.jenis == "menit" else f"hari kerja sejak {sop.mutu.mulai.replace('_', ' ')}"
        return f"{number_text(sop.mutu.nilai, 1)} {unit}" + (", jam yang sama" if sop.mutu.hitung == "jam_sama" else "")

    if old.mutu != new.mutu:
        yield SopChange("Mutu baku", "standar waktu", words(old), words(new))


def _office(old: Kantor, new: Kantor) -> Iterator[SopChange]:
    yield from _fields("Kantor", old, new, _OFFICE)
    rest = [f.name for f in fields(Kantor) if f.name not in _OFFICE]
    yield from _fields("Kantor", old, new, {name: name.replace("_", " ") for name in rest})


def _actors(old: Sop, new: Sop) -> Iterator[SopChange]:
    before = {p.nama: ", ".join(p.peran) or p.kind for p in old.pelaksana}
    after = {p.nama: ", ".join(p.peran) or p.kind for p in new.pelaksana}
    for name in [*before, *(n for n in after if n not in before)]:
        if before.get(name) == after.get(name):
            continue
        if name not in after:
            yield SopChange("Pelaksana", "pelaksana", before=name)
        elif name not in before:
            yield SopChange("Pelaksana", "pelaksana", after=f"{name} ({after[name]})")
        else:
            yield SopChange("Pelaksana", f"peran {name}", before[name], after[name])


def _steps(old: Sop, new: Sop) -> Iterator[SopChange]:
    before = {s.nomor: s for s in old.langkah}
    after = {s.nomor: s for s in new.langkah}
    for nomor in sorted({*before, *after}):
        if nomor not in after:
            yield SopChange("Langkah", f"langkah {nomor}", before=_step(before[nomor]))
        elif nomor not in before:
            yield SopChange("Langkah", f"langkah {nomor}", after=_step(after[nomor]))
        else:
            yield from _fields(f"Langkah {nomor}", before[nomor], after[nomor], _STEP)
    kept = [s.nomor for s in old.langkah if s.nomor in after]
    if kept != [s.nomor for s in new.langkah if s.nomor in before]:
        yield SopChange("Langkah", "urutan", ", ".join(map(str, kept)), ", ".join(str(s.nomor) for s in new.langkah if s.nomor in before))


def _step(step: Langkah) -> str:
    return f"{step.kegiatan} ({' / '.join(step.pelaksana) or '-'}, {minutes_text(step.limit_s)})"


def _services(old: Sop, new: Sop) -> Iterator[SopChange]:
    before = {s.layanan: s for s in old.layanan}
    after = {s.layanan: s for s in new.layanan}
    for key in [*before, *(k for k in after if k not in before)]:
        if key not in after:
            yield SopChange("Layanan", "layanan", before=before[key].nama)
        elif key not in before:
            yield SopChange("Layanan", "layanan", after=after[key].nama)
        else:
            yield from _fields(f"Layanan {after[key].nama}", before[key], after[key], _SERVICE)
            yield from _papers(before[key], after[key])


def _papers(old: LayananSop, new: LayananSop) -> Iterator[SopChange]:
    part = f"Layanan {new.nama}"
    before: dict[str, Syarat] = {s.kode: s for s in old.syarat}
    after: dict[str, Syarat] = {s.kode: s for s in new.syarat}
    for kode in [*before, *(k for k in after if k not in before)]:
        if kode not in after:
            yield SopChange(part, "syarat", before=before[kode].teks)
        elif kode not in before:
            yield SopChange(part, "syarat", after=after[kode].teks)
        else:
            for change in _fields(part, before[kode], after[kode], _PAPER):
                yield SopChange(part, f"syarat {kode}, {change.what}", change.before, change.after)


def _public(old: Sop, new: Sop) -> Iterator[SopChange]:
    before = {k.judul: "; ".join(k.isi) for k in old.standar}
    after = {k.judul: "; ".join(k.isi) for k in new.standar}
    for title in [*before, *(t for t in after if t not in before)]:
        if before.get(title) != after.get(title):
            yield SopChange("Standar pelayanan", title, before.get(title, ""), after.get(title, ""))
