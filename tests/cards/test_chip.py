"""The chip: whole records only, whatever happens to the card; real cards are read, never written."""

from __future__ import annotations

import io
import struct

import pytest
from card_samples import BareReader, chip_data, penduduk, signature
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ktpel_kiosk.cards import records, wire
from ktpel_kiosk.cards.chip import SpecimenPersonaliser, read_public
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BadInput, CardRefused, CardRemoved
from ktpel_kiosk.hal.simulators.specimen_card import SpecimenCard, Tear
from ktpel_kiosk.ports.services import ChipContent, ChipData


@pytest.fixture
def card() -> SpecimenCard:
    return SpecimenCard(seed=7)


@pytest.fixture
def chip() -> SpecimenPersonaliser:
    return SpecimenPersonaliser()


def test_what_is_written_is_what_is_read(card: SpecimenCard, chip: SpecimenPersonaliser) -> None:
    data, reader = chip_data(), BareReader(card)
    digest = chip.write(reader, data)
    content = chip.read(reader)
    assert content.digest == digest
    assert (content.uid, content.credential, content.face_hash) == (card.uid.hex().upper(), data.credential, data.face_hash)
    assert content.minutiae == (data.minutiae[1], data.minutiae[0])  # right index first
    assert chip.read_biodata(reader)["nama"] == "SITI CONTOH LESTARI"
    assert max(len(a) for a in reader.log) <= 255 and all(a[4] <= 250 for a in reader.log if a[1] == 0xD6)


def test_public_part_is_readable_as_on_a_real_card(card: SpecimenCard, chip: SpecimenPersonaliser) -> None:
    data = chip_data()
    chip.write(BareReader(card), data)
    public = read_public(BareReader(card))
    assert public.photo == data.portrait_jp2 and public.photo_type == "image/jp2" and len(public.control) == 52


def test_photo_of_a_foreign_card_that_only_gives_short_answers() -> None:
    photo = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 9

    class Real(SpecimenCard):
        """A KTP-el as public readers describe it: refuses more than 112 bytes at once."""

        def transmit(self, apdu: bytes) -> bytes:
            if apdu[:2] == b"\xff\xca":
                return b"\x11\x22\x33\x44\x90\x00"
            if apdu[1] == 0xA4:
                if apdu[2] or len(apdu) != 7:
                    return b"\x6a\x86"
                self.fid = int.from_bytes(apdu[5:], "big")
                return b"\x90\x00" if self.fid in (0x7F0A, 0x6FF0, 0x6FF2) else b"\x6a\x82"
            assert apdu[1] == 0xB0, "a real card must never be sent anything that writes"
            if apdu[4] > 112:
                return b"\x67\x00"
            body = photo if self.fid == 0x6FF2 else bytes(52)
            return (struct.pack(">H", len(body)) + body)[(offset := apdu[2] << 8 | apdu[3]):offset + apdu[4]] + b"\x90\x00"

    card = Real()
    assert read_public(BareReader(card)).photo == photo
    with pytest.raises(CardRefused, match=r"chip\.not_specimen"):
        SpecimenPersonaliser(allow_overwrite=True).write(BareReader(card), chip_data())


def held(card: SpecimenCard, chip: SpecimenPersonaliser) -> ChipContent | None:
    card.power_cycle()
    try:
        return chip.read(BareReader(card))
    except CardRefused as no:
        if no.message_key != "chip.empty":
            raise
        return None


def count(start: bytes, data: ChipData) -> int:
    card = SpecimenCard.restore(start)
    SpecimenPersonaliser().write(BareReader(card), data)
    return card.commands


@pytest.mark.parametrize("how", list(Tear))
@pytest.mark.parametrize(("old", "photo"), [(None, 2600), (900, 1400), (3000, 4000)], ids=["blank", "side-by-side", "too-big-for-two"])
def test_torn_at_every_command(chip: SpecimenPersonaliser, old: int | None, photo: int, how: Tear) -> None:
    """Old or new, never a mixture; and writing again always brings the whole new record."""
    blank = SpecimenCard(seed=1)
    if old is not None:
        chip.write(BareReader(blank), chip_data(photo=old, seed=5))
    start, data = blank.dump(), chip_data(photo=photo, seed=6, nama="Nama Baru")
    before = held(SpecimenCard.restore(start), chip)
    wanted = records.digest_of(records.files_of(data)).hex()
    seen = set()
    for n in range(count(start, data)):
        card = SpecimenCard.restore(start)
        card.tear_after(n, how)
        with pytest.raises(CardRemoved):
            chip.write(BareReader(card), data)
        with pytest.raises(CardRemoved):
            card.transmit(b"\0\xb0\0\0\1")
        found = held(card, chip)
        if found is not None:
            assert found.digest in {wanted, before.digest if before else wanted}
        elif before is not None:
            assert photo > 3500, "the old record may only vanish when both do not fit"
        seen.add(found.digest if found else None)
        card.power_cycle()
        assert chip.write(BareReader(card), data) == wanted
        assert chip.read(BareReader(card)).digest == wanted
    assert {wanted, before.digest if before else None} <= seen


def test_lost_answer_to_the_commit_is_not_written_twice(card: SpecimenCard, chip: SpecimenPersonaliser) -> None:
    data = chip_data()
    reader = BareReader(card)
    chip.write(reader, data)
    reader.log.clear()
    chip.write(reader, data)
    assert not [a for a in reader.log if a[1] in (0xD6, 0xE0, 0xE2)]


def test_card_of_somebody_else_is_left_alone(card: SpecimenCard, chip: SpecimenPersonaliser) -> None:
    chip.write(BareReader(card), chip_data(credential="first"))
    with pytest.raises(CardRefused, match=r"chip\.occupied"):
        chip.write(BareReader(card), chip_data(credential="second"))
    assert chip.read(BareReader(card)).credential == "first"
    SpecimenPersonaliser(allow_overwrite=True).write(BareReader(card), chip_data(credential="second"))
    assert chip.read(BareReader(card)).credential == "second"


def test_more_than_eight_kilobytes_is_refused_before_the_first_byte(card: SpecimenCard, chip: SpecimenPersonaliser) -> None:
    before = card.dump()
    with pytest.raises(CardRefused) as no:
        chip.write(BareReader(card), chip_data(photo=7500))
    assert no.value.message_key == "chip.capacity"
    assert int(str(no.value.facts["need_bytes"])) > int(str(no.value.facts["limit"])) == 7936
    assert card.dump() == before


def test_full_card_fits_exactly(card: SpecimenCard, chip: SpecimenPersonaliser) -> None:
    small = records.files_of(chip_data(photo=0))
    room = 7936 - sum(len(f) + 2 for f in small.values())
    chip.write(BareReader(card), chip_data(photo=room))
    with pytest.raises(CardRefused, match=r"chip\.capacity"):
        chip.write(BareReader(SpecimenCard()), chip_data(photo=room + 1))


def test_flipped_bit_is_noticed(card: SpecimenCard, chip: SpecimenPersonaliser) -> None:
    chip.write(BareReader(card), chip_data())
    dump = bytearray(card.dump())
    dump[1 + len(card.uid) + 1500] ^= 1
    with pytest.raises(CardRefused, match=r"chip\.damaged"):
        chip.read(BareReader(SpecimenCard.restore(bytes(dump))))


def test_erase_and_empty(card: SpecimenCard, chip: SpecimenPersonaliser) -> None:
    with pytest.raises(CardRefused, match=r"chip\.empty"):
        chip.read(BareReader(card))
    chip.write(BareReader(card), chip_data())
    chip.erase(BareReader(card))
    assert held(card, chip) is None


def test_status_words_of_the_card(card: SpecimenCard) -> None:
    def sw(hexa: str) -> str:
        return card.transmit(bytes.fromhex(hexa)).hex()[-4:]

    aid = "00A4040009" + wire.SPECIMEN_AID.hex()
    assert sw("00B0000010") == "6986" and sw("80E0000004" + "5F010005") == "6985"
    assert sw(aid) == "9000" and sw("00A40000025F09") == "6a82" and sw("00A40000025F01") == "9000"
    assert sw("00D6000001FF") == "6985" and sw("80E2000020" + "00" * 32) == "6985"
    assert sw("80E00000045F01FFFF") == "6a84" and sw("80E00000045F010005") == "9000"
    assert sw("00D6000401FF") == "9000" and sw("00D6000501FF") == "6b00"
    assert sw("80E2000020" + "00" * 32) == "6a80"
    assert sw("0084000008") == "6d00" and sw("90000000") == "6e00" and sw("00") == "6700"
    assert sw(aid) == "9000" and sw("80E2000020" + "00" * 32) == "6985"  # selecting dropped the transaction


def test_card_without_uid_answer() -> None:
    class Mute(SpecimenCard):
        def transmit(self, apdu: bytes) -> bytes:
            return b"\x6a\x81"

    with pytest.raises(CardRefused, match=r"chip\.no_uid"):
        SpecimenPersonaliser().uid(BareReader(Mute()))


@given(st.binary(max_size=300))
def test_hostile_answers_end_in_one_error(noise: bytes) -> None:
    class Noisy(SpecimenCard):
        def transmit(self, apdu: bytes) -> bytes:
            if apdu[1] in (0xCA,):
                return super().transmit(apdu)
            return noise + b"\x90\x00" if apdu[1] == 0xB0 else b"\x90\x00"

    for work in (SpecimenPersonaliser().read, SpecimenPersonaliser().read_biodata):
        with pytest.raises(CardRefused):
            work(BareReader(Noisy()))


@given(st.lists(st.text(max_size=40), min_size=3, max_size=3))
def test_biodata_survives_quotes_and_commas(texts: list[str]) -> None:
    nama, alamat, tempat = (t.replace("\r", " ").replace("\n", " ").replace("\0", " ") for t in texts)
    p = penduduk(nama=nama, alamat=alamat, tempat_lahir=tempat)
    back = records.parse_biodata(records.biodata_text(p))
    assert (back["nama"], back["alamat"], back["tempat_lahir"]) == (nama.upper(), alamat.upper(), tempat.upper())
    assert back["nik"] == p.nik and back["tanggal_lahir"] == "05-02-2008" and back["golongan_darah"] == "O"


@given(st.binary(max_size=80))
def test_records_refuse_noise_with_value_error_only(noise: bytes) -> None:
    for parse in (records.unpack_binding, records.unpack_minutiae, records.unpack_signature, records.Control.parse):
        try:
            parse(noise)  # type: ignore[operator]
        except ValueError:
            continue


def test_signature_record() -> None:
    record = records.pack_signature(signature())
    image = records.unpack_signature(record)
    assert image is not None and image.size == (168, 44) and len(record) < 700
    assert 0.02 < sum(1 for v in image.tobytes() if v == 0) / (168 * 44) < 0.4
    assert records.pack_signature(b"") == b"" and records.unpack_signature(b"") is None
    white = io.BytesIO()
    Image.new("RGBA", (30, 30), (0, 0, 0, 0)).save(white, "PNG")
    assert records.pack_signature(white.getvalue()) == b""
    with pytest.raises(BadInput):
        records.pack_signature(b"not a picture")
    with pytest.raises(ValueError):
        records.unpack_signature(record[:5] + b"\x78\x9c\x03\x00\x00\x00\x00\x01")


def test_only_fingers_go_to_the_chip() -> None:
    with pytest.raises(BadInput):
        records.pack_minutiae(Position.FACE, b"x")


def test_dump_and_restore_keep_the_card(card: SpecimenCard, chip: SpecimenPersonaliser) -> None:
    digest = chip.write(BareReader(card), chip_data())
    again = SpecimenCard.restore(card.dump())
    assert again.uid == card.uid and chip.read(BareReader(again)).digest == digest
    assert SpecimenCard().uid != SpecimenCard().uid and SpecimenCard(seed=2).uid == SpecimenCard(seed=2).uid
    for bad in (b"", b"\x04abcd", b"\x63" + bytes(9000)):
        with pytest.raises(BadInput):
            SpecimenCard.restore(bad)
