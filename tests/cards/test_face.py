"""The card face: every element of the law, nothing cut, the mark where it belongs, the same pixels every time."""

from __future__ import annotations

import hashlib
import itertools
from datetime import date

import numpy as np
import pytest
from card_samples import RESOURCES, penduduk, portrait, signature
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.cards.face import PillowCardRenderer
from ktpel_kiosk.cards.plan import Placed, load_layout, plan_front
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.ports.services import CardFace

HEADER = ("PROVINSI JAWA TIMUR", "KABUPATEN LUMAJANG")
ON = date(2026, 11, 20)


@pytest.fixture(scope="module")
def renderer() -> PillowCardRenderer:
    return PillowCardRenderer(RESOURCES)


def face(renderer: PillowCardRenderer, p: Penduduk | None = None, **options: object) -> CardFace:
    return renderer.render(p or penduduk(), portrait(), signature(), "LUMAJANG", ON, HEADER, **options)  # type: ignore[arg-type]


def lines(renderer: PillowCardRenderer, p: Penduduk, place: str = "LUMAJANG") -> tuple[Placed, ...]:
    return plan_front(p, place, ON, HEADER, load_layout(RESOURCES / "card"), renderer._width)


def test_size_digest_and_repeatability(renderer: PillowCardRenderer) -> None:
    one = face(renderer)
    assert (one.front.width, one.front.height, one.front.ppi) == (1011, 638, 300)
    assert (one.back.width, one.back.height) == (1011, 638)
    assert one.digest == hashlib.sha256(one.front.data).hexdigest() == face(PillowCardRenderer(RESOURCES)).digest
    assert face(renderer, penduduk(nama="Siti Contoh Lestarj")).digest != one.digest
    big = face(renderer, dpi=600)
    assert (big.front.width, big.front.height) == (2022, 1275)


def test_elements_of_the_law_in_order(renderer: PillowCardRenderer) -> None:
    texts = [t.text for t in lines(renderer, penduduk(nama="nur'aini"))]
    assert texts == [
        *HEADER, "NIK", ":", "3508054502080001", "Nama", ":", "NUR'AINI", "Tempat/Tgl Lahir", ":", "LUMAJANG, 05-02-2008",
        "Jenis Kelamin", ":", "PEREMPUAN", "Gol. Darah :", "O", "Alamat", ":", "DUSUN KRAJAN", "RT/RW", ":", "003/007",
        "Kel/Desa", ":", "TEMPEH LOR", "Kecamatan", ":", "TEMPEH", "Agama", ":", "ISLAM", "Status Perkawinan", ":", "BELUM KAWIN",
        "Pekerjaan", ":", "PELAJAR/MAHASISWA", "Kewarganegaraan", ":", "WNI", "Berlaku Hingga", ":", "SEUMUR HIDUP",
        "LUMAJANG", "20-11-2026",
    ]


def test_penghayat_unknown_blood_and_foreigner(renderer: PillowCardRenderer) -> None:
    texts = [t.text for t in lines(renderer, penduduk(agama=7, golongan_darah=13))]
    assert "Kepercayaan" in texts and "Agama" not in texts and "-" in texts
    oa = penduduk(kewarganegaraan="PRANCIS", berlaku_hingga="2031-03-04", jenis_kelamin=JenisKelamin.LAKI_LAKI, agama=2,
                  status_perkawinan=2, pekerjaan=72)
    texts = [t.text for t in lines(renderer, oa)]
    assert [w for w in ("MALE", "CHRISTIAN", "MARRIED", "PHYSICIAN", "PRANCIS", "04-03-2031") if w not in texts] == []
    assert len(load_layout(RESOURCES / "card")["en"]["pekerjaan"]) == 89


words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ'.-,/ 0123456789", min_size=1, max_size=110).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(nama=words, alamat=words, tempat=words, desa=words, kecamatan=words, place=words)
def test_nothing_is_cut_and_nothing_leaves_its_place(renderer: PillowCardRenderer, nama: str, alamat: str, tempat: str, desa: str,
                                                     kecamatan: str, place: str) -> None:
    p = penduduk(nama=nama, alamat=alamat, tempat_lahir=tempat, desa=desa, kecamatan=kecamatan)
    placed = lines(renderer, p, place)
    layout = load_layout(RESOURCES / "card")
    values = [t for t in placed if t.x == layout["rows"]["value_x"] and not t.pitch]
    flat = "".join("".join(t.text.split()) for t in values)
    expected = [nama, f"{tempat}, 05-02-2008", "PEREMPUAN", alamat, "003/007", desa, kecamatan, "ISLAM", "BELUM KAWIN",
                "PELAJAR/MAHASISWA", "WNI", "SEUMUR HIDUP"]
    assert flat == "".join("".join(e.split()) for e in expected)
    for t in values:
        assert t.x + renderer._width(t.text, t.size, t.weight) <= layout["portrait"]["x"]
        assert t.baseline <= layout["rows"]["bottom"] + 0.01
    for upper, lower in itertools.pairwise(values):
        assert lower.baseline - upper.baseline >= 0.8 * lower.size, "lines must not run into each other"


def test_mark_only_on_the_specimen(renderer: PillowCardRenderer) -> None:
    made, real = face(renderer), face(renderer, specimen=False)
    assert made.digest != real.digest
    assert set(real.back.data) == {255}, "the blangko is pre-printed"
    assert real.front.data[:300] == b"\xff" * 300
    reddish = sum(1 for i in range(0, len(made.back.data), 3) if made.back.data[i] > 150 and made.back.data[i + 1] < 60)
    assert reddish > 30_000


def test_missing_signature_is_allowed_and_bad_pictures_are_not(renderer: PillowCardRenderer) -> None:
    renderer.render(penduduk(), portrait(), b"", "LUMAJANG", ON, HEADER)
    for pictures, field in (((b"junk", b""), "pas_foto"), ((portrait(), b"\x89PNG\r\n\x1a\n"), "tanda_tangan")):
        with pytest.raises(BadInput) as no:
            renderer.render(penduduk(), *pictures, "LUMAJANG", ON, HEADER)
        assert no.value.facts["field"] == field
    with pytest.raises(BadInput):
        face(renderer, dpi=72)


def test_header_falls_back_to_the_biodata(renderer: PillowCardRenderer) -> None:
    layout = load_layout(RESOURCES / "card")
    texts = [t.text for t in plan_front(penduduk(), "x", ON, ("", ""), layout, renderer._width)[:2]]
    assert texts == ["PROVINSI JAWA TIMUR", "KABUPATEN LUMAJANG"]


def test_layers_are_the_same_card_taken_apart(renderer: PillowCardRenderer) -> None:
    """Colour below, resin black above gives the whole side again, only blacker; on the colour there is not one word."""
    made = face(renderer)
    assert made.layers is not None and made.layers.front_resin is not None
    colour, black, whole = (np.frombuffer(i.data, np.uint8).reshape(i.height, i.width, -1).astype(int)
                            for i in (made.layers.front, made.layers.front_resin, made.front))
    assert black.shape[2] == 1 and set(np.unique(black)) > {0, 255}
    nothing = (black == 255)[..., 0]
    assert (colour[nothing] == whole[nothing]).all()
    assert 0.02 < 1 - nothing.mean() < 0.3
    share = 1 - black / 255
    ink = np.array([0x10, 0x20, 0x2C])
    assert np.abs(colour * (1 - share) + ink * share - whole).max() <= 2
    other = face(renderer, penduduk(nama="Orang Lain", alamat="Jalan Lain"))
    assert other.layers is not None and other.layers.front.data == made.layers.front.data, "no personal word in the colour layer"
    assert made.layers.back == made.back and made.layers.back_resin is None
