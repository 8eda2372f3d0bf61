"""Pictures of the papers an applicant brings: scanned at the counter into the draft, kept with the application once it is received.

While the form is a draft its pictures lie beside it in the register, so they survive a power cut as the typing does; they go with the
draft when it is thrown away. A kept picture is a document of kind ``berkas.<kode>`` and travels in the packet.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from ktpel_kiosk.desk import drafts
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.permohonan import ChecklistItem
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, DocumentScanner
from ktpel_kiosk.ports.register import ScannedDocument, Tx, View

KIND = "berkas."
PREFIX = "pindaian:"
JPEG = "image/jpeg"
MOST_PAGES = 6
"""Pages of one paper; a Kartu Keluarga has one, a marriage book two."""
MOST_BYTES = 1_900_000
"""One page; the packet takes papers of 2 MiB."""
SCAN_S = 60.0

Encode = Callable[[RawImage], bytes]
"""Pixels to JPEG; the windows bring it, the desk knows no picture formats."""


def scanner_here(desk: Desk) -> bool:
    """A document scanner is connected, busy or in trouble: papers can be scanned at this desk."""
    return any(s.kind is DeviceKind.SCANNER and s.health is not DeviceHealth.MISSING for s in desk.devices.states())


def _key(draft_key: str, kode: str, page: int) -> str:
    return f"{PREFIX}{draft_key}:{kode}:{page:02d}"


def returned_key(actor: Actor, permohonan_id: str) -> str:
    """Where pictures wait that this officer scans for a returned application, until it is taken in again."""
    return drafts.draft_key(actor.username, permohonan_id)


def scan_paper(desk: Desk, actor: Actor, draft_key: str, kode: str, encode: Encode) -> int:
    """Scan what lies in the scanner as paper ``kode`` of the draft; returns how many pages the paper has now.

    Raises:
        NotAllowed, NotFound: no receiver, or another officer's draft. BadInput: ``papers.too_many_pages``, ``papers.too_large``.
        DeviceTrouble and its kin: as the scanner says.
    """
    drafts.require_own(desk, actor, draft_key)

    def scan(scanner: DocumentScanner) -> list[RawImage]:
        return list(scanner.scan(SCAN_S))

    pages = desk.devices.call(DeviceKind.SCANNER, "scanner.scan", scan, SCAN_S + 5).result()
    return keep_pages(desk, actor, draft_key, kode, [encode(p) for p in pages])


def keep_pages(desk: Desk, actor: Actor, draft_key: str, kode: str, pages: list[bytes]) -> int:
    """Add JPEG pages (scanned, or photographed) to paper ``kode`` of the draft; returns how many it has now."""
    drafts.require_own(desk, actor, draft_key)
    if any(len(p) > MOST_BYTES for p in pages):
        raise BadInput("papers.too_large", limit=MOST_BYTES // 1_000_000 + 1, unit="MB")

    def work(tx: Tx) -> int:
        have = len(tx.drafts(f"{PREFIX}{draft_key}:{kode}:"))
        if have + len(pages) > MOST_PAGES:
            raise BadInput("papers.too_many_pages", limit=MOST_PAGES)
        for i, page in enumerate(pages, have):
            tx.put_draft(_key(draft_key, kode, i), base64.b64encode(page).decode("ascii"))
        tx.log("DraftSaved", draft_key, actor.username, count=len(pages))
        return have + len(pages)

    return desk.register.write(work)


def counts(desk: Desk, actor: Actor, draft_key: str) -> dict[str, int]:
    """Pages per paper of a draft."""
    drafts.require_own(desk, actor, draft_key)
    found: dict[str, int] = {}
    for key in desk.register.read(lambda v: list(v.drafts(f"{PREFIX}{draft_key}:"))):
        kode = key.split(":")[-2]
        found[kode] = found.get(kode, 0) + 1
    return found


def pages_of_draft(desk: Desk, actor: Actor, draft_key: str, kode: str) -> tuple[bytes, ...]:
    """The JPEG pages of one paper of the own draft."""
    drafts.require_own(desk, actor, draft_key)
    found = desk.register.read(lambda v: dict(v.drafts(f"{PREFIX}{draft_key}:{kode}:")))
    return tuple(base64.b64decode(found[k]) for k in sorted(found))


def drop_pages(desk: Desk, actor: Actor, draft_key: str, kode: str) -> None:
    """Throw the pictures of one paper away (badly placed, the wrong paper)."""
    drafts.require_own(desk, actor, draft_key)

    def work(tx: Tx) -> None:
        for key in tx.drafts(f"{PREFIX}{draft_key}:{kode}:"):
            tx.drop_draft(key)
        tx.log("DraftSaved", draft_key, actor.username, dropped=True)

    desk.register.write(work)


def drop_all(tx: Tx, draft_key: str) -> None:
    """The draft goes, its pictures go with it."""
    for key in tx.drafts(f"{PREFIX}{draft_key}:"):
        tx.drop_draft(key)


def attach(desk: Desk, tx: Tx, permohonan_id: str, draft_key: str, papers: tuple[ChecklistItem, ...], username: str) -> None:
    """The draft became an application, or a returned one is taken in again: pictures of papers on its list stay with it, others go."""
    titles = {i.kode: i.teks for i in papers}
    found = tx.drafts(f"{PREFIX}{draft_key}:")
    now = desk.clock.now()
    kept = 0
    for key in sorted(found):
        kode = key.split(":")[-2]
        if kode in titles:
            data = base64.b64decode(found[key])
            tx.add_document(ScannedDocument(desk.ids.new(), permohonan_id, f"{KIND}{kode}", JPEG, data, now, titles[kode]))
            kept += 1
        tx.drop_draft(key)
    if kept:
        tx.log("DocumentStored", permohonan_id, username, key="berkas", count=kept)


def papers_of(view: View, permohonan_id: str) -> dict[str, tuple[bytes, ...]]:
    """Kept pictures of an application by code of the paper, pages in order."""
    found: dict[str, list[bytes]] = {}
    for d in view.documents(permohonan_id):
        if d.kind.startswith(KIND) and d.media_type == JPEG:
            found.setdefault(d.kind.removeprefix(KIND), []).append(d.data)
    return {kode: tuple(pages) for kode, pages in found.items()}


def pictures(desk: Desk, actor: Actor, permohonan_id: str) -> dict[str, tuple[bytes, ...]]:
    """Kept pictures of an application, for the checks. Raises NotAllowed for whoever may not look into applications."""
    from ktpel_kiosk.desk.access import require
    require(actor, "view_register")
    return desk.register.read(lambda v: papers_of(v, permohonan_id))
