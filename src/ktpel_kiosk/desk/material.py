"""Card material of somebody who is not recorded again: fetched from the centre, checked, kept until the handover.

Who is recorded here leaves portrait, ink and minutiae at sealing; a replacement (hilang, rusak, perubahan data, ...) has none of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.progress import save
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import penduduk_from_dict, penduduk_to_dict
from ktpel_kiosk.domain.errors import BadInput, NotFound, SopViolation, TransportTrouble
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import Permohonan, TahapState, pause_for, rest
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.ports.register import ScannedDocument, Tx, View
from ktpel_kiosk.ports.services import CardMaterial

SYSTEM = "siak"
BIODATA = "kartu.biodata"
PRINTING: frozenset[Stage] = frozenset({Stage.CEK_CETAK, Stage.CETAK_ENCODE})
IDENTITY: tuple[str, ...] = ("nama", "tempat_lahir", "tanggal_lahir", "jenis_kelamin")
"""Fields that say who it is: a difference stops the card."""
RESIDENCE: tuple[str, ...] = ("alamat", "rt", "rw", "desa", "kecamatan", "kabupaten", "provinsi")
COMPARED: tuple[str, ...] = (
    *IDENTITY, "golongan_darah", *RESIDENCE, "agama", "status_perkawinan", "pekerjaan", "kewarganegaraan", "berlaku_hingga",
)
"""What the card shows."""


def records_elsewhere(p: Permohonan) -> bool:
    """The recording was skipped: the centre holds what the card is made of."""
    recording = [t for t in p.tahap if t.stage in (Stage.REKAM, Stage.KIRIM)]
    return bool(recording) and all(t.state is TahapState.DILEWATI for t in recording)


def has_material(view: View, permohonan_id: str) -> bool:
    kinds = {d.kind for d in view.documents(permohonan_id, with_data=False)}
    return {"kartu.portret", "kartu.tanda_tangan"} <= kinds and any(k.startswith("kartu.minutiae.") for k in kinds)


def centre_biodata(view: View, permohonan_id: str) -> Penduduk | None:
    """What the centre said of the person when the material was fetched."""
    found = [d.data for d in view.documents(permohonan_id) if d.kind == BIODATA]
    return penduduk_from_dict(json.loads(found[-1])) if found else None


def differences(ours: Penduduk, theirs: Penduduk) -> tuple[str, ...]:
    """Fields of the card that differ, in the card's order."""
    return tuple(f for f in COMPARED if getattr(ours, f) != getattr(theirs, f))


def blocking(layanan: Layanan, differing: tuple[str, ...]) -> tuple[str, ...]:
    """Differences that stop the card. With perubahan data the application is the change itself, so its biodata wins."""
    return () if layanan is Layanan.PERUBAHAN_DATA else tuple(f for f in differing if f in IDENTITY)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The application beside what the centre last said. Field names in the card's order; ``stopping`` ones keep the card from print."""

    ours: Penduduk
    theirs: Penduduk
    differing: tuple[str, ...]
    stopping: tuple[str, ...]


def comparison(view: View, p: Permohonan) -> Comparison | None:
    """``None`` while nothing of the centre is kept with the application."""
    theirs = centre_biodata(view, p.id)
    if theirs is None:
        return None
    differing = differences(p.penduduk, theirs)
    return Comparison(p.penduduk, theirs, differing, blocking(p.layanan, differing))


def keep_centre_biodata(desk: Desk, tx: Tx, permohonan_id: str, theirs: Penduduk) -> None:
    """What SIAK says of somebody recorded here, kept so that the officer can compare and decide."""
    tx.drop_documents(permohonan_id, BIODATA)
    tx.add_document(_biodata_document(desk, permohonan_id, theirs))


def _biodata_document(desk: Desk, permohonan_id: str, theirs: Penduduk) -> ScannedDocument:
    data = json.dumps(penduduk_to_dict(theirs)).encode()
    return ScannedDocument(desk.ids.new(), permohonan_id, BIODATA, "application/json", data, desk.clock.now())


def ensure_material(desk: Desk, permohonan_id: str, actor: str = SYSTEM) -> None:
    """Fetch and keep the material where it is needed and not there yet.

    Material that names another person is asked for anew: the centre may have mended its record meanwhile. Without a line, or when
    nothing changed there, what is kept stays and goes on stopping the card.

    Raises:
        TransportTrouble: no line, or the centre's answer is not valid; the clock then waits for the line.
        SopViolation ``material.none``: the centre has no such record. BadInput ``card.material_wrong``: a picture cannot be used.
    """
    p, there, seen = desk.register.read(lambda v: (
        v.permohonan(permohonan_id), has_material(v, permohonan_id), comparison(v, v.permohonan(permohonan_id))))
    stopped = there and seen is not None and bool(seen.stopping)
    if (there and not stopped) or not records_elsewhere(p):
        return
    try:
        found = desk.gateway.card_material(p.penduduk.nik)
    except TransportTrouble:
        if stopped:
            return
        _wait_for_line(desk, permohonan_id)
        raise
    if found is None:
        raise SopViolation("material.none")
    if stopped and seen is not None and found.penduduk == seen.theirs:
        return
    documents = _checked(desk, p, found)

    def work(tx: Tx) -> None:
        q = tx.permohonan(permohonan_id)
        if has_material(tx, permohonan_id):
            if not stopped:
                return
            tx.drop_documents(permohonan_id, "kartu.")
        for document in documents:
            tx.add_document(document)
        tx.log("MaterialFetched", q.id, actor, count=len(documents), field=",".join(differences(q.penduduk, found.penduduk)))
        tahap = q.current()
        if tahap is not None and tahap.stage in PRINTING and tahap.pause_reason == "jaringan":
            save(desk, tx, rest(q, desk.clock.now()))

    desk.register.write(work)


def _checked(desk: Desk, p: Permohonan, found: CardMaterial) -> list[ScannedDocument]:
    """Everything foreign decoded in a child process or read field by field, and written anew."""
    now = desk.clock.now()
    try:
        kept: list[tuple[str, str, bytes]] = [
            ("kartu.portret", "image/png", desk.biometrics.card_picture(found.portrait, found.portrait_type, "portrait")),
            ("kartu.tanda_tangan", "image/png", desk.biometrics.card_picture(found.signature, found.signature_type, "signature")),
        ]
        for position, data in found.minutiae:
            template = desk.biometrics.card_template(data, f"minutiae.{position.value}")
            kept.append((f"kartu.minutiae.{position.value}", "application/x-fmr", template))
    except BadInput as error:
        raise BadInput("card.material_wrong", entry=str(error.facts.get("entry", "-"))) from error
    pictures = [ScannedDocument(desk.ids.new(), p.id, kind, media, data, now) for kind, media, data in kept]
    return [*pictures, _biodata_document(desk, p.id, found.penduduk)]


def _wait_for_line(desk: Desk, permohonan_id: str) -> None:
    def work(tx: Tx) -> None:
        p = tx.permohonan(permohonan_id)
        tahap = p.current()
        if tahap is None or tahap.stage not in PRINTING or tahap.pause_reason == "jaringan":
            tx.log("StagePaused", p.id, SYSTEM, reason="jaringan", again=True)
            return
        tx.log("StagePaused", p.id, SYSTEM, stage=str(tahap.stage), reason="jaringan")
        save(desk, tx, pause_for(p, "jaringan", desk.clock.now()))

    desk.register.write(work)


def require_same_person(desk: Desk, view: View, p: Permohonan) -> None:
    """Raises SopViolation ``material.differs`` while centre and application disagree on who it is."""
    seen = comparison(view, p)
    if seen is not None and seen.stopping:
        raise SopViolation("material.differs", field=", ".join(seen.stopping))


def take_centre_biodata(desk: Desk, actor: Actor, permohonan_id: str) -> Permohonan:
    """The officer compared with the Kartu Keluarga: the centre is right, the application's biodata was typed wrongly.

    Raises:
        NotFound: nothing was fetched yet. SopViolation, NotAllowed: not at the printing stages.
    """
    from ktpel_kiosk.desk.access import require_stage

    def work(tx: Tx) -> Permohonan:
        p = tx.permohonan(permohonan_id)
        require_stage(desk, actor, p, *PRINTING)
        theirs = centre_biodata(tx, p.id)
        if theirs is None:
            raise NotFound("card.material", key=BIODATA)
        tx.log("BiodataCorrected", p.id, actor.username, field=",".join(differences(p.penduduk, theirs)), source=SYSTEM)
        return save(desk, tx, replace(p, penduduk=replace(theirs, no_kk=p.penduduk.no_kk or theirs.no_kk)))

    return desk.register.write(work)
