"""The nightly share of the table of what is kept (:mod:`ktpel_kiosk.domain.keeping`) beside packets and fingers, each with its record.

A removal is first a commit (the rows, the record, the audit), then the deletion of files; killed in between, the files go the next night.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ktpel_kiosk.desk import drafts, paper_scans, typed
from ktpel_kiosk.desk.access import in_doubt, require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.domain.keeping import DRAFT_DAYS, PAPER_DAYS, SIMPANAN
from ktpel_kiosk.domain.retention import Disposal
from ktpel_kiosk.domain.text import date_long, datetime_long, number_text
from ktpel_kiosk.ports.papers import StatementPaper, StatementPart
from ktpel_kiosk.ports.register import Tx, View

NIGHTLY = "-"


def tidy(desk: Desk) -> tuple[Disposal, ...]:
    """What is over its time now, with a record for each kind. Does nothing while the clock is in doubt."""
    if in_doubt(desk):
        return ()
    now = desk.clock.now()
    papers = desk.spool.older(now - timedelta(days=PAPER_DAYS))
    over = (("draf", DRAFT_DAYS, _old_drafts, now - timedelta(days=DRAFT_DAYS)), ("ketikan", 0, _old_typing, now - typed.KEPT))
    made = [d for kind, days, old, before in over
            if (keys := desk.register.read(lambda v, old=old, before=before: old(v, before)))  # type: ignore[misc]
            and (d := _dispose(desk, kind, days, keys, _drop))]
    if papers and (gone := _dispose(desk, "cetakan", PAPER_DAYS, papers, lambda _tx, _key: None)):
        desk.spool.remove(papers)
        made.append(gone)
    return tuple(made)


def _dispose(desk: Desk, kind: str, days: int, keys: Sequence[str], drop: Callable[[Tx, str], None]) -> Disposal:
    digest = hashlib.sha256("".join(f"{k}\n" for k in keys).encode()).hexdigest()

    def work(tx: Tx) -> Disposal:
        for key in keys:
            drop(tx, key)
        made = Disposal(desk.ids.new(), desk.clock.now(), kind, len(keys), days, NIGHTLY, digest)
        tx.add_disposal(made)
        tx.log("DataDisposed", made.id, NIGHTLY, key=kind, count=made.count, value=days, digest=digest)
        return made

    return desk.register.write(work)


def _drop(tx: Tx, key: str) -> None:
    paper_scans.drop_all(tx, key)
    tx.drop_draft(key)


def _old_drafts(view: View, before: datetime) -> list[str]:
    return [k for k, text in view.drafts(drafts.DRAFT_PREFIX).items() if _moment(text, "started_at") < before]


def _old_typing(view: View, before: datetime) -> list[str]:
    return [k for k, text in view.drafts(typed.PREFIX).items() if _moment(text, "at") < before]


def _moment(text: str, field: str) -> datetime:
    """When this was begun; what cannot be read is as old as anything."""
    try:
        return datetime.fromisoformat(str(json.loads(text)[field]))
    except (ValueError, KeyError, TypeError):
        return datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def disposals(desk: Desk, actor: Actor) -> tuple[Disposal, ...]:
    """What the nightly job removed, newest first. NotAllowed."""
    require(actor, "view_keeping")
    return desk.register.read(lambda v: tuple(v.disposals()))


def record(desk: Desk, actor: Actor, disposal_id: str) -> Path:
    """The record of one removal as a PDF, made from the register. NotAllowed. NotFound ``retention.none``."""
    require(actor, "view_keeping")
    found = desk.register.read(lambda v: next((d for d in v.disposals(100_000) if d.id == disposal_id), None))
    if found is None:
        raise NotFound("retention.none")
    return desk.spool.keep(f"catatan-pemusnahan-{found.id}.pdf", desk.documents.statement(_paper(desk, found)))


def _paper(desk: Desk, d: Disposal) -> StatementPaper:
    kantor, row = desk.sop.kantor, next(s for s in SIMPANAN if s.key == d.kind)
    local = local_time(desk, d.at)
    return StatementPaper(
        kop=kantor.kop, judul="Catatan Pemusnahan Data", nomor="",
        place_date=f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(local.date())}",
        bagian=(StatementPart("", (
            "Pekerjaan harian aplikasi kios telah menghapus data berikut dari komputer stasiun karena masa simpannya berakhir.",), (
            ("Jenis data", row.judul), ("Isinya", row.isi), ("Dasar", row.basis), ("Masa simpan", row.lama),
            ("Waktu", datetime_long(d.at, kantor.zona_waktu)), ("Stasiun", desk.station), ("Jumlah", number_text(d.count)))),
            StatementPart("Pengujian", (
                "Catatan ini ada juga dalam riwayat audit. Sidik daftar adalah SHA-256 atas nama data yang dihapus, satu nama per baris.",
            ),
                (("Sidik daftar", " ".join(d.digest[i:i + 8] for i in range(0, 64, 8))),))))
