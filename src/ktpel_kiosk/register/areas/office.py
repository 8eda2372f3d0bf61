"""Accounts, SOP versions, settings, drafts and the counters that number everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.actor import UserAccount
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.rows import CounterRow, DraftRow, SettingRow, SopRow, SopStepRow, UserRow, table_of
from ktpel_kiosk.register.session import Session
from ktpel_kiosk.register.words import LAST

USERS: Final = table_of(UserRow)
SOPS: Final = table_of(SopRow)
STEPS: Final = table_of(SopStepRow)
SETTINGS: Final = table_of(SettingRow)
DRAFTS: Final = table_of(DraftRow)
COUNTERS: Final = table_of(CounterRow)

_USER = select(USERS).where(USERS.c.username == bindparam("wanted"))
_USERS = select(USERS).order_by(USERS.c.username)
_SOP = select(SOPS.c.text).where(SOPS.c.digest == bindparam("wanted"))
_SETTING = select(SETTINGS.c.value).where(SETTINGS.c.key == bindparam("wanted"))
_DRAFT = select(DRAFTS.c.text).where(DRAFTS.c.key == bindparam("wanted"))
_DRAFTS = select(DRAFTS.c.key, DRAFTS.c.text).where(
    DRAFTS.c.key >= bindparam("first"), DRAFTS.c.key < bindparam("last")).order_by(DRAFTS.c.key)

_PUT_USER = insert(USERS)
_PUT_USER = _PUT_USER.on_conflict_do_update(
    index_elements=[USERS.c.username], set_={c.name: _PUT_USER.excluded[c.name] for c in USERS.columns if not c.primary_key})
_PUT_SOP = insert(SOPS).on_conflict_do_nothing()
_PUT_STEP = insert(STEPS)
_PUT_SETTING = insert(SETTINGS)
_PUT_SETTING = _PUT_SETTING.on_conflict_do_update(index_elements=[SETTINGS.c.key], set_={"value": _PUT_SETTING.excluded.value})
_PUT_DRAFT = insert(DRAFTS)
_PUT_DRAFT = _PUT_DRAFT.on_conflict_do_update(index_elements=[DRAFTS.c.key], set_={"text": _PUT_DRAFT.excluded.text})
_DROP_DRAFT = delete(DRAFTS).where(DRAFTS.c.key == bindparam("k_key"))
_COUNT = insert(COUNTERS).values(series=bindparam("k_series"), year=bindparam("k_year"), value=1).on_conflict_do_update(
    index_elements=[COUNTERS.c.series, COUNTERS.c.year], set_={"value": COUNTERS.c.value + 1}).returning(COUNTERS.c.value)

_RAISE = insert(COUNTERS).values(series=bindparam("k_series"), year=bindparam("k_year"), value=bindparam("k_last"))
_RAISE = _RAISE.on_conflict_do_update(index_elements=[COUNTERS.c.series, COUNTERS.c.year], set_={"value": _RAISE.excluded.value},
                                      where=COUNTERS.c.value < _RAISE.excluded.value)


class OfficeView(Session):
    def user(self, username: str) -> UserAccount | None:
        found = self.one(_USER, wanted=username)
        return mappers.USER.value(found) if found else None

    def users(self) -> Sequence[UserAccount]:
        return [mappers.USER.value(r) for r in self.all(_USERS)]

    def sop_text(self, digest: str) -> str | None:
        return self._text(self.scalar(_SOP, wanted=digest))

    def setting(self, key: str) -> str | None:
        return self._text(self.scalar(_SETTING, wanted=key))

    def draft(self, key: str) -> str | None:
        return self._text(self.scalar(_DRAFT, wanted=key))

    def drafts(self, prefix: str) -> Mapping[str, str]:
        return {r["key"]: r["text"] for r in self.all(_DRAFTS, first=prefix, last=prefix + LAST)}

    @staticmethod
    def _text(found: object) -> str | None:
        return found if isinstance(found, str) else None


class OfficeWrites(OfficeView):
    def next_number(self, series: str, year: int) -> int:
        return int(self.scalar(_COUNT, k_series=series, k_year=year))

    def raise_number(self, series: str, year: int, last: int) -> bool:
        return bool(self.run(_RAISE, {"k_series": series, "k_year": year, "k_last": last}).rowcount == 1)

    def save_user(self, user: UserAccount) -> None:
        self.run(_PUT_USER, mappers.USER.values(user))

    def put_sop(self, digest: str, sop_id: str, text: str) -> None:
        """Keep an SOP version once, with the limits lists show beside the time used."""
        if self.run(_PUT_SOP, {"digest": digest, "sop_id": sop_id, "text": text}).rowcount < 1:
            return
        try:
            limits = mappers.step_limits(parse_sop(text, name="register"))
        except BadInput:
            return  # a text this version cannot read is still kept word for word; its lists go without limits
        self.run_each(_PUT_STEP, [{"sop_digest": digest, "nomor": n, "limit_s": s} for n, s in limits.items()])

    def put_setting(self, key: str, value: str) -> None:
        self.run(_PUT_SETTING, {"key": key, "value": value})

    def put_draft(self, key: str, text: str) -> None:
        self.run(_PUT_DRAFT, {"key": key, "text": text})

    def drop_draft(self, key: str) -> None:
        self.run(_DROP_DRAFT, {"k_key": key})
