"""The inside of a bundle: files to parts, each checked as strictly as if it had been typed; and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Never

from ktpel_kiosk.app import setup_checks
from ktpel_kiosk.app.setup_answers import MAX_BYTES
from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.errors import BadInput, KioskError, SecurityRefusal
from ktpel_kiosk.domain.free_text import free_text
from ktpel_kiosk.domain.passwords import user_name
from ktpel_kiosk.domain.provision import BundleHead, Provision
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.jose import strict_object

ABOUT, SOP, REGIONS, DEVICES = "isi.json", "sop.toml", "wilayah.csv", "devices.toml"
POPULATION = ("penduduk.csv", "penduduk.xlsx")
CERTIFICATES, KEYS = "sertifikat/", "kunci/"
KEY_FILES = ("station.key", "gateway-client.key")
MAX_PEM, MAX_OFFICERS, MAX_PLACES = 1 << 20, 200, 8
FORMAT = 1
_PEM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.(?:pem|crt|cer)")
_ARGON = re.compile(r"\$argon2id\$v=19\$m=\d{1,7},t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{8,64}\$[A-Za-z0-9+/]{16,128}")
_SEALED = re.compile(r"ed25519-argon2id-chacha20poly1305-1\$\d+,\d+,\d+(?:\$[A-Za-z0-9+/=]{8,400}){3}")
_PUBLIC = re.compile(r"[0-9a-f]{64}")
_TEXTS = frozenset({"username", "nama", "jabatan", "nip", "password_hash", "public_key", "sealed_key"})
_ABOUT = frozenset({"format", "sop_id", "gateway_url", "backup", "officers", "local_extras"})


def files_of(content: Provision) -> dict[str, bytes]:
    """What :func:`ktpel_kiosk.packet.provision.seal` takes."""
    from ktpel_kiosk.packet.canonical import JsonValue, canonical

    about: dict[str, JsonValue] = {
        "format": FORMAT, "sop_id": content.sop_id, "gateway_url": content.gateway_url, "backup": list(content.backup),
        "local_extras": content.local_extras,
        "officers": [{**{name: getattr(a, name) for name in _TEXTS}, "peran": [str(r) for r in a.peran]} for a in content.accounts],
    }
    files = {ABOUT: canonical(about)}
    for name, text in ((SOP, content.sop_text), (REGIONS, content.regions), (DEVICES, content.devices)):
        if text:
            files[name] = text.encode("utf-8")
    if content.population[0]:
        files[content.population[0]] = content.population[1]
    files |= {CERTIFICATES + name: pem for name, pem in content.certificates.items()}
    files |= {KEYS + name: pem for name, pem in content.keys.items()}
    return files


def content_of(head: BundleHead, files: Mapping[str, bytes]) -> Provision:
    """The parts of an opened bundle.

    Raises:
        SecurityRefusal: ``provision.content`` with the entry at fault: signed, but nothing this program would ever write.
        BadInput: ``sop.*``, ``devices.*``, ``wilayah.*`` of a part that is a file of its own.
    """
    left = dict(files)
    content = _about(head, left.pop(ABOUT, b""))
    sop, regions, devices = (_text(name, left.pop(name, b"")) for name in (SOP, REGIONS, DEVICES))
    names = [name for name in POPULATION if name in left]
    if len(names) > 1:
        _refuse(names[1])
    population = (names[0], left.pop(names[0])) if names else ("", b"")
    certificates = _pems(left, CERTIFICATES, private=False)
    keys = _pems(left, KEYS, private=True)
    for name in left:
        _refuse(name)
    if keys and set(keys) != set(KEY_FILES):
        _refuse(KEYS)
    content = replace(content, sop_text=sop, regions=regions, devices=devices, population=population, certificates=certificates, keys=keys)
    _parsed(content)
    return content


def _refuse(entry: str) -> Never:
    shown = "".join(c if c.isprintable() and c not in "{}" else "?" for c in entry[:40])
    raise SecurityRefusal("provision.content", entry=shown)


def _about(head: BundleHead, raw: bytes) -> Provision:
    try:
        table = strict_object(raw)
        if len(raw) > MAX_BYTES or set(table) != _ABOUT or table["format"] != FORMAT:
            raise ValueError("fields")
        url, places, extras, officers = (table[k] for k in ("gateway_url", "backup", "local_extras", "officers"))
        if url and not setup_checks.gateway_stands(url):
            raise ValueError("gateway_url")
        if not isinstance(places, list) or len(places) > MAX_PLACES or not all(map(_place, places)):
            raise ValueError("backup")
        if not (extras is None or isinstance(extras, bool)) or not isinstance(officers, list) or len(officers) > MAX_OFFICERS:
            raise ValueError("kinds")
        accounts = tuple(_account(o) for o in officers)
        if len({a.username for a in accounts}) != len(accounts):
            raise ValueError("officers")
        return Provision(head, accounts, str(table["sop_id"])[:64], gateway_url=url, backup=tuple(places), local_extras=extras)
    except (KioskError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SecurityRefusal("provision.content", entry=ABOUT) from error


def _place(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 300 and value.isprintable() and Path(value).is_absolute()


def _account(table: dict[str, Any]) -> UserAccount:
    if set(table) != _TEXTS | {"peran"} or not all(isinstance(table[name], str) for name in _TEXTS):
        raise ValueError("officer")
    roles = tuple(Peran(r) for r in table["peran"])
    name = user_name(table["username"])
    shown = {field: free_text(table[field], field, limit=setup_checks.NAME_LENGTH) for field in ("nama", "jabatan", "nip")}
    sound = (name == table["username"] and roles and len(set(roles)) == len(roles) and shown["nama"]
             and _ARGON.fullmatch(table["password_hash"]) and _PUBLIC.fullmatch(table["public_key"])
             and _SEALED.fullmatch(table["sealed_key"]))
    if not sound:
        raise ValueError("officer")
    return UserAccount(name, shown["nama"], roles, table["password_hash"], shown["nip"], shown["jabatan"],
                       public_key=table["public_key"], sealed_key=table["sealed_key"])


def _text(name: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        _refuse(name)


def _pems(left: dict[str, bytes], folder: str, *, private: bool) -> dict[str, bytes]:
    found = {}
    for name in [n for n in left if n.startswith(folder)]:
        file, pem = name.removeprefix(folder), left.pop(name)
        known = file in KEY_FILES if private else bool(_PEM_NAME.fullmatch(file))
        if not known or len(pem) > MAX_PEM or (b"PRIVATE KEY" in pem) is not private:
            _refuse(name)
        found[file] = pem
    return found


def _parsed(content: Provision) -> None:
    """Every part that has a reader is read once, so that nothing is found out in the middle of the work."""
    from ktpel_kiosk.app import device_config
    from ktpel_kiosk.domain.sop_file import parse_sop
    from ktpel_kiosk.domain.wilayah import HEADER, parse_region_table
    from ktpel_kiosk.packet.keys import load_signing_key

    if content.sop_text:
        sop = parse_sop(content.sop_text, name=SOP)
        if sop.id != content.head.office:
            raise SecurityRefusal("provision.content", entry=SOP)
    if content.regions:
        try:
            parse_region_table(content.regions)
        except BadInput as error:
            raise BadInput("wilayah.own_format", path=REGIONS, line=error.facts.get("line"), expected=HEADER) from error
    if content.devices:
        device_config.parse(content.devices.encode(), Path(DEVICES))
    for pem in content.keys.values():
        load_signing_key(pem)
