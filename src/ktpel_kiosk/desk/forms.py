"""Papers made when somebody asks for them and that change nothing: F-1.02 prefilled, roll slips, the poster of the service standard."""

from __future__ import annotations

from dataclasses import replace

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.handover import handover_paper
from ktpel_kiosk.desk.intake import today
from ktpel_kiosk.desk.notices import channels, maklumat, service_standard
from ktpel_kiosk.desk.papers import receipt_paper
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, NotFound
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.quick_card import KEYS, TROUBLES, card_steps
from ktpel_kiosk.domain.sop import Kantor
from ktpel_kiosk.domain.text import date_long, duration_words
from ktpel_kiosk.ports.papers import F102Paper, QuickCardPaper, Signer, StandardPaper
from ktpel_kiosk.ports.register import View

SLIPS = ("tanda_terima", "pengembalian", "bukti_pengambilan")
ON_FORM = frozenset({"buku_nikah", "skp", "paspor", "surat_hilang", "itap", "bukti_perubahan"})
"""Checklist codes that have a line of their own in part III of F-1.02; the form itself is not its own attachment."""


def f102(desk: Desk, actor: Actor, permohonan_id: str) -> bytes:
    """The national form of one application, filled with what the counter entered; the applicant signs it. Raises NotAllowed."""
    require(actor, "view_register")

    def build(view: View) -> bytes:
        p = view.permohonan(permohonan_id)
        there = [i for i in p.kelengkapan if i.ada]
        q, kantor = p.penduduk, desk.sop_of(p.sop_digest).kantor
        return desk.documents.f102(F102Paper(
            nama=q.nama, nik=q.nik, no_kk=q.no_kk, layanan=p.layanan, place_date=_place_date(desk, kantor), petugas=actor.nama,
            pemohon=q.nama, lampiran=frozenset(i.kode for i in there) & ON_FORM,
            berkas_lain=tuple(i.teks for i in there if i.kode not in ON_FORM and i.kode != "f102"), varian=p.varian,
            nomor_register=p.nomor_register, provinsi=q.provinsi, kabupaten=q.kabupaten, kecamatan=q.kecamatan, desa=q.desa))

    return desk.register.read(build)


def roll_slip(desk: Desk, actor: Actor, permohonan_id: str, kind: str) -> bytes:
    """A slip once more for the 80 mm printer; ``kind`` of :data:`SLIPS`.

    Raises:
        NotAllowed. BadInput: unknown kind. NotFound: this application was not returned, or not handed over.
    """
    require(actor, "view_register")
    if kind not in SLIPS:
        raise BadInput("form.slip", value=kind[:20], expected=", ".join(SLIPS))

    def build(view: View) -> bytes:
        p = view.permohonan(permohonan_id)
        paper = receipt_paper(desk, p, actor)
        if kind == "tanda_terima":
            return desk.documents.receipt_80mm(paper)
        if kind == "bukti_pengambilan":
            proof = view.handover(p.id)
            if proof is None:
                raise NotFound("form.not_handed_over")
            return desk.documents.handover_80mm(handover_paper(desk, view, p, proof, actor))
        if not p.return_reasons:
            raise NotFound("form.not_returned")
        slip = replace(paper, qr_text=p.nomor_register or p.id, dapat_diajukan=p.keadaan is not Keadaan.DITOLAK)
        return desk.documents.return_slip_80mm(slip, [*p.return_reasons, p.note] if p.note else list(p.return_reasons))

    return desk.register.read(build)


def standard_poster(desk: Desk, actor: Actor) -> bytes:
    """Standar pelayanan, maklumat and ways to complain on one A4 for the wall. Raises NotAllowed."""
    require(actor, "view_register")
    sop, kantor = desk.sop, desk.sop.kantor
    ways = tuple(f"{c.name}: {c.value}" if c.value else c.name for c in channels(kantor))
    return desk.documents.standard(StandardPaper(
        kop=kantor.kop, layanan=sop.judul, komponen=service_standard(sop), maklumat=(maklumat(desk),), place_date=_place_date(desk, kantor),
        signer=Signer(kantor.penandatangan_jabatan, kantor.penandatangan_nama, kantor.penandatangan_nip), nomor=sop.nomor, kontak=ways))


def quick_card(desk: Desk, actor: Actor) -> bytes:
    """The office's own steps, keys and what to do in trouble on one A4 for the wall beside the desk. Raises NotAllowed."""
    require(actor, "sign_in")
    sop, kantor = desk.sop, desk.sop.kantor
    steps = tuple((s.number, s.title, duration_words(s.limit_s) if s.limit_s else "", s.parts) for s in card_steps(sop))
    contact = " · ".join(x for x in (kantor.telepon, kantor.email) if x)
    return desk.documents.quick_card(QuickCardPaper(kantor.nama, sop.judul, steps, KEYS, TROUBLES, contact))


def _place_date(desk: Desk, kantor: Kantor) -> str:
    return f"{(kantor.kecamatan or kantor.kabupaten).title()}, {date_long(today(desk))}"
