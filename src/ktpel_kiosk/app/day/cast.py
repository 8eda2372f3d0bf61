"""Who comes to the office on the scripted day, with what, and how it has to end.

Every case is one applicant. ``cast_of`` leaves out what an office's SOP does not offer, so that each office plays at least thirty.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from ktpel_kiosk.app.population import Invented
from ktpel_kiosk.app.residents import ITAP_UNTIL, person_seed, recorded_earlier, residents
from ktpel_kiosk.domain.biometric import ExceptionKind, Position
from ktpel_kiosk.domain.penduduk import JenisKelamin
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Kantor, Layanan, Sop, Stage

FIRST_CASES = 30
"""At least so many applicants on a day (issue: five offices at work)."""


class Twist(StrEnum):
    """What happens to an applicant beside the straight way."""

    KURANG_LALU_DILENGKAPI = "kurang_lalu_dilengkapi"          # returned at the counter, back after an hour and a half
    KURANG_TIDAK_KEMBALI = "kurang_tidak_kembali"              # returned at the counter, does not come back today
    DIKEMBALIKAN_VERIFIKASI = "dikembalikan_verifikasi"        # papers wrong, corrected, taken in again
    DITOLAK = "ditolak"                                        # data invalid
    GANDA_BERKAS = "ganda_berkas"                              # found double before recording; the task stays open
    GANDA_PUSAT = "ganda_pusat"                                # DUPLICATE_RECORD from the centre
    REKAM_GANDA = "rekam_ganda"                                # recorded this morning already, comes again under another NIK
    ADJUDIKASI = "adjudikasi"                                  # ADJUDICATE_RECORD: stays waiting
    TERLALU_MUDA = "terlalu_muda"                              # fifteen: refused, nothing is kept
    DATA_DIPERBAIKI = "data_diperbaiki"                        # the applicant points at a wrong field
    JEDA_LISTRIK = "jeda_listrik"
    JEDA_PERANGKAT = "jeda_perangkat"
    JEDA_TIDAK_HADIR = "jeda_tidak_hadir"
    BATAL = "batal"                                            # withdrawn by the applicant, number stays used
    KARTU_RUSAK = "kartu_rusak"                                # spoiled print, second card
    TIDAK_DIAMBIL = "tidak_diambil"                            # card ready, called, not collected today
    KUASA = "kuasa"                                            # somebody else comes with a letter to fetch card or letters
    JARI_KERING = "jari_kering"                                # no finger matches the card at pick-up: the eyes make it active
    CAP_JEMPOL = "cap_jempol"                                  # cannot write
    MENGADU = "mengadu"                                        # leaves a complaint
    TANPA_SURVEI = "tanpa_survei"


ENDS_WITHOUT_CARD: dict[Twist, Keadaan] = {
    Twist.KURANG_TIDAK_KEMBALI: Keadaan.DIKEMBALIKAN, Twist.DITOLAK: Keadaan.DITOLAK, Twist.GANDA_BERKAS: Keadaan.GANDA,
    Twist.BATAL: Keadaan.BATAL, Twist.REKAM_GANDA: Keadaan.DITOLAK,
}
NEEDS_CENTRE: dict[Twist, Keadaan] = {Twist.GANDA_PUSAT: Keadaan.GANDA, Twist.ADJUDIKASI: Keadaan.BERJALAN}
CARD_TWISTS = frozenset({Twist.KARTU_RUSAK, Twist.TIDAK_DIAMBIL, Twist.JARI_KERING})


@dataclass(frozen=True, slots=True)
class Case:
    """One applicant of the day.

    Attributes:
        age: years; ``None`` draws an adult. married, wna, name, sex, mobile_place: facts of the person; ``known``: recorded before, by the
            population list. body_of: key of the case whose body this is; that case is recorded first. excused: positions the body lacks,
            with the kind of exception.
        expected: how the application has to stand in the evening; ``None``: no application exists.
    """

    key: str
    layanan: Layanan
    twists: frozenset[Twist] = frozenset()
    varian: str = ""
    age: int | None = None
    married: bool = False
    wna: bool = False
    name: str = ""
    sex: str = ""
    known: bool = False
    mobile_place: str = ""
    body_of: str = ""
    excused: tuple[tuple[Position, ExceptionKind], ...] = ()
    expected: Keadaan | None = Keadaan.SELESAI

    def has(self, twist: Twist) -> bool:
        return twist in self.twists


def _case(key: str, layanan: Layanan = Layanan.BARU_WNI, *twists: Twist, **more: object) -> Case:
    return replace(Case(key, layanan, frozenset(twists)), **more)  # type: ignore[arg-type]


_MISSING_FINGERS = ((Position.RIGHT_RING, ExceptionKind.MISSING), (Position.RIGHT_LITTLE, ExceptionKind.MISSING))
_BLIND_EYE = ((Position.LEFT_EYE, ExceptionKind.BLIND),)

CASES: tuple[Case, ...] = (
    _case("baru"),
    _case("nama satu kata", name="SUHARTI", sex="P"),
    _case("nama dengan apostrof", Layanan.BARU_WNI, Twist.KUASA, name="M. NUR'AINI MUT'ROF", sex="L"),
    _case("nama enam puluh huruf", name="RADEN RORO ENDANG SULISTYANINGSIH KUSUMANINGRUM WIRATMADJAYA", sex="P"),
    _case("kurang, dilengkapi", Layanan.BARU_WNI, Twist.KURANG_LALU_DILENGKAPI),
    _case("kurang, tidak kembali", Layanan.BARU_WNI, Twist.KURANG_TIDAK_KEMBALI),
    _case("dikembalikan verifikasi", Layanan.BARU_WNI, Twist.DIKEMBALIKAN_VERIFIKASI),
    _case("data tidak valid", Layanan.BARU_WNI, Twist.DITOLAK),
    _case("ganda pada berkas", Layanan.BARU_WNI, Twist.GANDA_BERKAS),
    _case("ganda di pusat", Layanan.BARU_WNI, Twist.GANDA_PUSAT),
    _case("adjudikasi", Layanan.BARU_WNI, Twist.ADJUDIKASI),
    _case("umur 15", Layanan.PEMULA, Twist.TERLALU_MUDA, age=15, expected=None),
    _case("pemula 16", Layanan.PEMULA, age=16, expected=Keadaan.MENUNGGU_USIA),
    _case("16 sudah kawin", age=16, married=True),
    _case("sudah direkam", known=True),
    _case("jari tidak ada", excused=_MISSING_FINGERS),
    _case("mata buta", excused=_BLIND_EYE),
    _case("cap jempol", Layanan.BARU_WNI, Twist.CAP_JEMPOL),
    _case("data diperbaiki", Layanan.BARU_WNI, Twist.DATA_DIPERBAIKI),
    _case("listrik padam", Layanan.BARU_WNI, Twist.JEDA_LISTRIK),
    _case("perangkat rusak", Layanan.BARU_WNI, Twist.JEDA_PERANGKAT),
    _case("pemohon pergi sebentar", Layanan.BARU_WNI, Twist.JEDA_TIDAK_HADIR),
    _case("dibatalkan", Layanan.BARU_WNI, Twist.BATAL),
    _case("kartu rusak", Layanan.BARU_WNI, Twist.KARTU_RUSAK),
    _case("tidak diambil", Layanan.BARU_WNI, Twist.TIDAK_DIAMBIL),
    _case("jari kering saat diambil", Layanan.BARU_WNI, Twist.JARI_KERING),
    _case("jemput bola", mobile_place="SMAN 1, ruang guru"),
    _case("hilang", Layanan.HILANG, known=True),
    _case("rusak", Layanan.RUSAK, Twist.MENGADU, known=True),
    _case("perubahan data", Layanan.PERUBAHAN_DATA, known=True),
    _case("pindah datang", Layanan.PINDAH_DATANG, known=True),
    _case("luar domisili rekam", Layanan.LUAR_DOMISILI, varian="rekam"),
    _case("luar domisili hilang", Layanan.LUAR_DOMISILI, varian="hilang", known=True),
    _case("baru, mengadu", Layanan.BARU_WNI, Twist.MENGADU, Twist.TANPA_SURVEI),
    _case("OA baru", Layanan.BARU_OA, wna=True, name="HIROSHI TANAKA", sex="L"),
    _case("OA perpanjangan", Layanan.PERPANJANGAN_OA, wna=True, known=True),
    _case("rekam ganda", Layanan.BARU_WNI, Twist.REKAM_GANDA, sex="P", body_of="nama satu kata"),
    _case("baru sore"),
)


def cast_of(sop: Sop) -> tuple[Case, ...]:
    """The cases this office can meet, with how each ends under its SOP."""
    stages = {s for step in sop.langkah for s in step.stages}
    card, waits, checks = sop.akhir == "kartu", Stage.MENUNGGU_PRR in stages, {Stage.VERIFIKASI, Stage.VALIDASI} & stages
    cast = []
    for case in CASES:
        if sop.layanan_of(case.layanan) is None:
            own = not case.wna
            case = replace(case, layanan=Layanan.BARU_WNI, varian="", wna=False, known=False, name=case.name if own else "",
                           sex=case.sex if own else "")
        if not card and case.twists & CARD_TWISTS:
            case = replace(case, twists=case.twists - CARD_TWISTS)
        if not sop.kuasa_boleh:
            case = replace(case, twists=case.twists - {Twist.KUASA})
        if not checks and Twist.DITOLAK in case.twists:
            continue
        offered = sop.layanan_of(case.layanan)
        if case.known and offered is not None and offered.rekam_of(case.varian) == "ya":
            case = replace(case, expected=Keadaan.DIKEMBALIKAN)  # nobody is recorded twice; this SOP has nothing else to offer
        cast.append(replace(case, expected=_evening(case, card, waits)))
    return tuple(cast)


def _evening(case: Case, card: bool, waits: bool) -> Keadaan | None:
    for twist, state in ENDS_WITHOUT_CARD.items():
        if case.has(twist):
            return state
    for twist, state in NEEDS_CENTRE.items():
        if case.has(twist):
            return state if waits else Keadaan.SELESAI
    if case.has(Twist.TIDAK_DIAMBIL) and card:
        return Keadaan.BERJALAN
    if case.expected is Keadaan.MENUNGGU_USIA and not card:
        return Keadaan.SELESAI
    return case.expected


class Town:
    """The practice residents by what the office's list says of them; each is given once."""

    def __init__(self, kantor: Kantor, villages: tuple[str, ...], today: date, seed: int) -> None:
        people = list(enumerate(residents(kantor, villages)))
        random.Random(seed).shuffle(people)
        self._today = today
        self._pools: dict[tuple[bool, bool], list[Invented]] = {}
        for index, who in people:
            key = recorded_earlier(index), who.penduduk.kewarganegaraan == "WNA"
            self._pools.setdefault(key, []).append(who)
        self._rng = random.Random(f"{seed}:{kantor.kode_wilayah}")

    def person_of(self, case: Case) -> Invented:
        """A resident of the age, state and name the case asks for; somebody never recorded unless it says otherwise."""
        foreign_new = case.wna and not case.known
        pool = self._pools[(case.known, case.wna and not foreign_new)]
        who = next(w for w in reversed(pool) if not case.sex or w.penduduk.jenis_kelamin.value == case.sex)
        pool.remove(who)
        p = who.penduduk
        if case.known:
            return who
        born, status = p.tanggal_lahir, p.status_perkawinan
        young = case.age is not None and case.age < 17
        if case.age is not None:
            born = _birthday(self._today, case.age) - timedelta(days=self._rng.randint(20, 300))
            status = 2 if case.married else 1
        stranger = bool(case.name) or case.age is not None or case.wna  # somebody the list does not know: a NIK of their own
        serial = f"{(int(p.nik[12:]) + 5000) % 9998 + 1:04d}" if stranger else p.nik[12:]
        day = born.day + (40 if p.jenis_kelamin is JenisKelamin.PEREMPUAN else 0)
        changed = replace(
            p, tanggal_lahir=born, nik=f"{p.nik[:6]}{day:02d}{born:%m%y}{serial}", nama=case.name or p.nama,
            status_perkawinan=status, pekerjaan=3 if young and not case.married else p.pekerjaan,
            kewarganegaraan="WNA" if case.wna else "WNI", berlaku_hingga=ITAP_UNTIL if case.wna else p.berlaku_hingga,
        )
        return Invented(changed, who.nomor_hp, person_seed(changed.nik))


def _birthday(today: date, age: int) -> date:
    """The latest day on which somebody was born who is ``age`` today."""
    try:
        return today.replace(year=today.year - age)
    except ValueError:
        return date(today.year - age, 2, 28)
