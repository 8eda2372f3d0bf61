"""Fields every form is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ktpel_kiosk.ui.gallery.kit import Specimen, Stage, exhibit
from ktpel_kiosk.ui.widgets.fields import ChoiceField, DateField, Field, NikField, NoteField, SearchField, TextField

GROUP = "Isian"


def _field(make: Callable[[], Field], value: object, *, width: int = 290) -> Iterator[Specimen]:
    """Empty, filled, in the keyboard's focus, hovered, off, and with each kind of message."""
    said = {"kosong": ("", ""), "terisi": ("", ""), "baik": ("Tempeh, Lumajang", "good"),
            "perhatian": ("Tidak ada di daftar penduduk; periksa KK.", "attention"),
            "salah": ("Isi dengan angka saja; contoh 0812 3456 7890.", "trouble")}
    for caption, (text, state) in said.items():
        field = make()
        if caption != "kosong":
            field.set_value(value)
        if text:
            field.say(text, state)
        yield Specimen(caption, field, width=width)
    for caption, state in (("ditunjuk", "hover"), ("fokus papan ketik", "focus"), ("nonaktif", "disabled")):
        field = make()
        field.set_value(value)
        yield Specimen(caption, field, state, width=width)


@exhibit(GROUP, "Teks", order=30)
def text(_stage: Stage) -> Iterator[Specimen]:
    yield from _field(lambda: TextField("hp", "Nomor HP", placeholder="0812 3456 7890"), "0812 3456 7890")
    long = TextField("nama", "Nama lengkap", upper=True)
    long.set_value("RADEN AJENG KARTINI PUSPANINGRUM KUSUMAWARDHANI")
    yield Specimen("panjang", long, width=290)
    yield Specimen("rahasia", TextField("sandi", "Kata sandi", secret=True, placeholder="kata sandi"), width=290)


@exhibit(GROUP, "NIK", order=31)
def nik(_stage: Stage) -> Iterator[Specimen]:
    yield from _field(NikField, "3508054502080001")


@exhibit(GROUP, "Tanggal", order=32)
def date(_stage: Stage) -> Iterator[Specimen]:
    yield from _field(lambda: DateField("lahir", "Tanggal lahir"), "05-02-2008")


@exhibit(GROUP, "Daftar pilihan", order=33)
def choice(_stage: Stage) -> Iterator[Specimen]:
    items = ((1, "Islam"), (2, "Kristen"), (3, "Katolik"), (4, "Hindu"))
    yield from _field(lambda: ChoiceField("agama", "Agama", items), 2)
    yield Specimen("dapat dicari", ChoiceField("kerja", "Pekerjaan", items, searchable=True), width=290)


@exhibit(GROUP, "Catatan dan pencarian", order=34)
def notes(_stage: Stage) -> Iterator[Specimen]:
    empty = NoteField("note", "Catatan untuk pemohon", placeholder="Apa yang harus dibawa atau dibetulkan", lines=2)
    full = NoteField("note", "Catatan untuk pemohon", lines=2)
    full.set_value("Bawa KK asli dan surat keterangan hilang dari kepolisian.")
    yield Specimen("kosong", empty, width=420)
    yield Specimen("terisi", full, width=420)
    focused = NoteField("note", "Catatan untuk pemohon", lines=2)
    yield Specimen("fokus papan ketik", focused, "focus", width=420)
    yield Specimen("pencarian", SearchField("Cari nama, NIK, atau nomor"), width=420)
    yield Specimen("pencarian, fokus papan ketik", SearchField("Cari nama, NIK, atau nomor"), "focus", width=420)
