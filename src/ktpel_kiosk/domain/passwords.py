"""What an account name and a password must be.

Length first, then a short list of what is tried first; no rules about signs, which only make people write passwords down
(NIST SP 800-63B 5.1.1.2).
"""

from __future__ import annotations

import re

from ktpel_kiosk.domain.errors import BadInput

PRACTICE_LENGTH = 6
PRODUCTION_LENGTH = 8
MAX_LENGTH = 128
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,31}")

COMMON: frozenset[str] = frozenset({
    "12345678", "123456789", "1234567890", "01234567", "87654321", "11111111", "00000000", "12341234", "11223344", "123123123",
    "password", "password1", "passw0rd", "qwerty123", "qwertyui", "qwertyuiop", "asdfghjkl", "asdf1234", "1q2w3e4r", "abcd1234",
    "abc12345", "admin123", "admin1234", "administrator", "letmein1", "iloveyou", "sayangku", "sayang123", "cintaku1", "bismillah",
    "bismillah1", "alhamdulillah", "indonesia", "indonesia1", "merdeka45", "pancasila", "garuda123", "rahasia1", "rahasia123", "rahasiaku",
    "katasandi", "katasandi1", "sandi123", "operator", "operator1", "petugas1", "petugas123", "kecamatan", "kecamatan1", "kelurahan",
    "dukcapil", "dukcapil1", "dukcapil123", "disdukcapil", "ktpel123", "ktpelektronik", "ektp1234", "pelayanan", "pelayanan1", "latihan1",
    "praktik1", "komputer", "komputer1", "windows10", "user1234", "guest1234", "welcome1", "changeme", "semangat45",
})


def user_name(text: str) -> str:
    """The account name as stored. Raises BadInput ``user.name``."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise BadInput("user.name", limit=32)
    return name


def password_problem(username: str, password: str, *, length: int, common: bool = True) -> str:
    """``password_short``, ``password_long``, ``password_signs``, ``password_name`` or ``password_common``; empty when it is good."""
    if len(password) < length:
        return "password_short"
    if len(password) > MAX_LENGTH:
        return "password_long"
    if not password.isprintable():
        return "password_signs"
    if password.lower() == username:
        return "password_name"
    lowered = password.lower()
    if common and (lowered in COMMON or len(set(lowered)) < 3):
        return "password_common"
    return ""
