"""Bundles that travelled on a courier's disk."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.courier import CourierBundle
from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.ledger_tables import COURIER_BUNDLE as BUNDLES
from ktpel_kiosk.register.session import Session

_ONE = select(BUNDLES).where(BUNDLES.c.id == bindparam("wanted"))
_ALL = select(BUNDLES).order_by(BUNDLES.c.at.desc(), BUNDLES.c.id.desc()).limit(bindparam("most"))
_ADD = insert(BUNDLES)
_SAVE = update(BUNDLES).where(BUNDLES.c.id == bindparam("k_id"))


class CourierView(Session):
    def courier_bundle(self, id: str) -> CourierBundle | None:
        found = self.one(_ONE, wanted=id)
        return mappers.COURIER_BUNDLE.value(found) if found else None

    def courier_bundles(self, limit: int = 100) -> Sequence[CourierBundle]:
        return [mappers.COURIER_BUNDLE.value(r) for r in self.all(_ALL, most=max(0, limit))]


class CourierWrites(CourierView):
    def add_courier_bundle(self, bundle: CourierBundle) -> None:
        self.run(_ADD, mappers.COURIER_BUNDLE.values(bundle))

    def save_courier_bundle(self, bundle: CourierBundle) -> None:
        came = {"imported_at": micros(bundle.imported_at) if bundle.imported_at else None, "receipts": bundle.receipts,
                "statuses": bundle.statuses}
        if self.run(_SAVE, {**came, "k_id": bundle.id}).rowcount != 1:
            raise NotFound("courier.bundle_unknown")
