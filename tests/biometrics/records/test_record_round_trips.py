"""Every edition of every record: what we write we read back, value for value and octet for octet; every bad length is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_cases import CORPUS, FORMATS, SMALL, STRATEGIES

from ktpel_kiosk.domain.errors import BadInput

EACH = pytest.mark.parametrize("name", FORMATS)


@EACH
@given(st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_generated_records_survive_both_ways(name: str, data: st.DataObject) -> None:
    form = FORMATS[name]
    record = data.draw(STRATEGIES[name])
    written = form.encode(record)
    assert written[:8] == form.magic
    assert form.decode(written) == record
    assert form.encode(form.decode(written)) == written


@EACH
def test_the_corpus_survives_both_ways(name: str) -> None:
    for record, written in zip(SMALL[name], CORPUS[name], strict=True):
        assert FORMATS[name].decode(written) == record


@EACH
def test_every_truncation_and_every_extra_octet_is_refused(name: str) -> None:
    for data in CORPUS[name]:
        for cut in range(len(data)):
            with pytest.raises(BadInput) as caught:
                FORMATS[name].decode(data[:cut], "berkas")
            assert caught.value.facts["entry"] == "berkas"
        with pytest.raises(BadInput):
            FORMATS[name].decode(data + b"\0")


@EACH
def test_a_record_of_another_kind_is_refused_by_name(name: str) -> None:
    for other, records in CORPUS.items():
        if other != name:
            with pytest.raises(BadInput) as caught:
                FORMATS[name].decode(records[0])
            assert caught.value.message_key == "record.format"


@EACH
def test_a_record_without_images_is_neither_written_nor_read(name: str) -> None:
    empty: Any = SMALL[name][0]
    field = next(f for f in ("images", "views", "eyes") if isinstance(getattr(empty, f, None), tuple))
    with pytest.raises(BadInput):
        FORMATS[name].encode(type(empty)(**{**{f: getattr(empty, f) for f in empty.__dataclass_fields__}, field: ()}))
