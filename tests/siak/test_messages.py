"""Every key the packet and gateway rooms raise has its Indonesian sentence, and every sentence can be filled in."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path

import pytest

from ktpel_kiosk.domain.errors import ALLOWED_FACTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("room", "prefixes"), [("packet", "packet"), ("siak", "gateway|uploader|simulator")])
def test_sentences_are_complete(room, prefixes):
    table = tomllib.loads((ROOT / f"resources/i18n/id/errors/{room}.toml").read_text("utf-8"))
    source = "".join(p.read_text("utf-8") for p in (ROOT / "src/ktpel_kiosk" / room).rglob("*.py"))
    used = set(re.findall(rf'"((?:{prefixes})\.[a-z_]+)"', source))
    packet_table = tomllib.loads((ROOT / "resources/i18n/id/errors/packet.toml").read_text("utf-8"))
    used = {key for key in used if not key.endswith(".sqlite")}
    assert used - set(table) - set(packet_table) == set()
    for sentence in table.values():
        fields = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
        assert fields <= ALLOWED_FACTS
        assert sentence.endswith((".", ")."))
