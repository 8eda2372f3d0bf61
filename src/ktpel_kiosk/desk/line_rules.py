"""What the office asks of the line to the centre: proxy, ceiling, hours. Kept as one setting of the register.

A proxy's password is stored, used, and never shown again: :func:`shown_proxy` puts :data:`HIDDEN` in its place, and rules that come back
with it keep the stored one, for the same user at the same proxy only.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import time
from urllib.parse import SplitResult, quote, unquote, urlsplit

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.line import LineRules
from ktpel_kiosk.domain.text import hours_text
from ktpel_kiosk.ports.register import Tx, View

SETTING = "jalur"
HIDDEN = "••••••"
LEAST_BYTES_PER_S, MOST_BYTES_PER_S = 8_000, 100_000_000
LONGEST_PROXY = 1000
"""Characters of the whole address: a user and a password in any script take up to twelve each once they are written for a URL."""
_CLOCK = re.compile(r"([01]?\d|2[0-3])[.:]([0-5]\d)")
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])")


def rules_of(view: View) -> LineRules:
    """The rules in force; a stored value that makes no sense asks nothing, so that packets are still sent."""
    try:
        kept = json.loads(view.setting(SETTING) or "{}")
        hours = kept.get("jam")
        return LineRules(str(kept.get("proksi", "")), max(0, int(kept.get("batas", 0))),
                         (time.fromisoformat(hours[0]), time.fromisoformat(hours[1])) if hours else None)
    except (ValueError, TypeError, AttributeError, IndexError):
        return LineRules()


def line_rules(desk: Desk) -> LineRules:
    """The rules in force, with the proxy's password: for whoever builds the connection, never for a screen."""
    return desk.register.read(rules_of)


def set_line_rules(desk: Desk, actor: Actor, rules: LineRules) -> LineRules:
    """Keep these rules and tell the sender; returns them as they are kept.

    Raises:
        NotAllowed. BadInput: ``line.proxy``, ``line.proxy_password``, ``line.ceiling``, ``line.hours``; nothing is kept then.
    """
    require(actor, "change_settings")
    ceiling = rules.max_bytes_per_s
    if ceiling and not LEAST_BYTES_PER_S <= ceiling <= MOST_BYTES_PER_S:
        raise BadInput("line.ceiling", value=ceiling // 1000)
    if rules.hours is not None and rules.hours[0] == rules.hours[1]:
        raise BadInput("line.hours", value=hours_text(*rules.hours))
    _split(rules.proxy)

    def work(tx: Tx) -> LineRules:
        kept = replace(rules, proxy=_with_password(rules.proxy, rules_of(tx).proxy))
        tx.put_setting(SETTING, json.dumps({
            "proksi": kept.proxy, "batas": kept.max_bytes_per_s,
            "jam": [t.isoformat("minutes") for t in kept.hours] if kept.hours else None}))
        tx.log("LineRulesChanged", SETTING, actor.username, host=proxy_host(kept.proxy), limit=ceiling,
               value=hours_text(*kept.hours) if kept.hours else "")
        return kept

    kept = desk.register.write(work)
    desk.line_changed()
    return kept


def proxy_url(address: str, user: str = "", password: str = "") -> str:
    """``http://user:password@host:port`` of what people type; ``address`` with or without ``http://``. Empty address: no proxy.

    Raises:
        BadInput: ``line.proxy``.
    """
    address = address.strip().removesuffix("/")
    if not address:
        return ""
    if "://" not in address:
        address = f"http://{address}"
    if user and "@" not in address:
        scheme, _, rest = address.partition("://")
        secret = password if password == HIDDEN else quote(password, safe="")
        address = f"{scheme}://{quote(user, safe='')}{':' + secret if password else ''}@{rest}"
    _split(address)
    return address


def proxy_parts(proxy: str) -> tuple[str, str, bool]:
    """(``http://host:port``, user, whether a password is kept), for a form."""
    if not proxy:
        return "", "", False
    found = _split(proxy)
    assert found is not None
    return f"http://{proxy_host(proxy)}", unquote(found.username or ""), bool(found.password)


def shown_proxy(rules: LineRules) -> str:
    """The proxy with :data:`HIDDEN` for its password."""
    address, user, secret = proxy_parts(rules.proxy)
    if not user:
        return address
    return address.replace("http://", f"http://{quote(user, safe='')}{':' + HIDDEN if secret else ''}@", 1)


def proxy_host(proxy: str) -> str:
    """``host:port``; empty for none."""
    return proxy.partition("://")[2].rpartition("@")[2].removesuffix("/")


def ceiling_of(text: str) -> int:
    """Bytes per second of kilobytes as typed; empty or ``0``: no ceiling. Raises BadInput ``line.ceiling``."""
    bare = text.strip().replace(".", "")
    if not bare:
        return 0
    if not (bare.isascii() and bare.isdigit() and len(bare) <= 9):
        raise BadInput("line.ceiling", value=text.strip()[:12])
    wanted = int(bare) * 1000
    if wanted and not LEAST_BYTES_PER_S <= wanted <= MOST_BYTES_PER_S:
        raise BadInput("line.ceiling", value=text.strip()[:12])
    return wanted


def clock_of(text: str) -> time:
    """``18.00`` (or ``18:00``) as a time of day. Raises BadInput ``line.clock``."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise BadInput("line.clock", value=text.strip()[:8])
    return time(int(found[1]), int(found[2]))


def hours_of(start: str, end: str) -> tuple[time, time] | None:
    """Both empty: always. Raises BadInput ``line.clock``, ``line.hours`` (one missing, or both the same)."""
    if not start.strip() and not end.strip():
        return None
    if not start.strip() or not end.strip():
        raise BadInput("line.hours", value=f"{start.strip()[:8]}–{end.strip()[:8]}")
    hours = clock_of(start), clock_of(end)
    if hours[0] == hours[1]:
        raise BadInput("line.hours", value=hours_text(*hours))
    return hours


def _split(proxy: str) -> SplitResult | None:
    """The parts of a proxy address that can be used; the address itself never stands in the error, it may hold a password."""
    if not proxy:
        return None
    try:
        found = urlsplit(proxy)
        good = (len(proxy) <= LONGEST_PROXY and found.scheme == "http" and bool(found.port) and not re.search(r"[\s\x00-\x1f\x7f]", proxy)
                and _HOST.fullmatch(proxy_host(proxy).rpartition(":")[0]) is not None
                and found.path in ("", "/") and not found.query and not found.fragment)
    except ValueError:
        good = False
    if not good:
        raise BadInput("line.proxy")
    return found


def _with_password(wanted: str, kept: str) -> str:
    new, old = _split(wanted), _split(kept)
    secret = unquote(new.password or "") if new is not None else ""
    if new is None or HIDDEN[0] not in secret:
        return wanted
    if secret != HIDDEN:  # typed behind the dots
        raise BadInput("line.proxy_password")
    if old is None or not old.password or (new.username, proxy_host(wanted)) != (old.username, proxy_host(kept)):
        raise BadInput("line.proxy_password")
    return kept
