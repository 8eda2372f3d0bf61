"""Invented applicants who come to the counter, and what the trainee did with them.

Deterministic: office, case and round give the person. Whoever is recorded already belongs to the practice world's residents, so that
the simulated centre and the simulated devices know the same face and fingers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from ktpel_kiosk.app import residents
from ktpel_kiosk.app.office import village_names
from ktpel_kiosk.app.population import Invented, invent
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Kantor, Layanan, Sop, Stage
from ktpel_kiosk.ports.practice import Lesson, Trainee
from ktpel_kiosk.ports.register import Query, View

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk

SEED = 8080
FIRST_RESIDENT = 40
"""The residents before this one are left to the morning and to demonstrations."""
ELSEWHERE = ("35.09.01", "33.13.05")
"""Districts somebody may have moved from; the second where the office lies in the first one's regency."""
BANDAGED = frozenset({Position.LEFT_INDEX, Position.LEFT_MIDDLE, Position.LEFT_RING, Position.LEFT_LITTLE})
LAYANAN_WORDS = {Layanan.BARU_WNI: "KTP-el baru", Layanan.HILANG: "hilang", Layanan.RUSAK: "rusak", Layanan.PEMULA: "perekaman pemula",
                 Layanan.PINDAH_DATANG: "pindah datang"}
TYPED = (("nama", "Nama"), ("tanggal_lahir", "Tanggal lahir"), ("alamat", "Alamat"), ("no_kk", "Nomor KK"))


@dataclass(frozen=True, slots=True)
class Case:
    """``recorded``: was recorded earlier; ``kind``: ``resident``, ``moved`` or ``young``."""

    key: str
    title: str
    says: str
    layanan: Layanan
    recorded: bool = False
    kind: str = "resident"
    lacks: str = ""
    body: frozenset[Position] = frozenset()
    turned_away: bool = False


CASES: tuple[Case, ...] = (
    Case("baru", "KTP-el pertama", "Saya belum pernah punya KTP. Ini kartu keluarganya.", Layanan.BARU_WNI),
    Case("hilang", "KTP-el hilang", "KTP saya hilang di pasar minggu lalu. Sudah lapor polisi.", Layanan.HILANG, recorded=True),
    Case("rusak", "KTP-el rusak", "KTP saya patah, tulisannya sudah tidak terbaca.", Layanan.RUSAK, recorded=True),
    Case("pindah", "Pindah datang", "Saya baru pindah ke sini dan mau ganti alamat di KTP.", Layanan.PINDAH_DATANG, kind="moved"),
    Case("dibalut", "Tangan dibalut", "Tangan kiri saya kena minyak panas, masih dibalut. Bisa tetap foto KTP?", Layanan.BARU_WNI,
         body=BANDAGED),
    Case("kurang", "Berkas kurang", "Kartu keluarganya ketinggalan di rumah. Boleh menyusul?", Layanan.BARU_WNI, lacks="kk"),
    Case("muda", "Belum 17 tahun", "Saya masih 16 tahun. Ibu menyuruh membuat KTP dari sekarang.", Layanan.PEMULA, kind="young"),
    Case("pernah", "Pernah direkam", "Dulu saya sudah difoto, tetapi kartunya belum pernah saya terima. Saya mau direkam lagi saja.",
         Layanan.BARU_WNI, recorded=True, turned_away=True),
)


@dataclass
class Trainees:
    """``desk``: whose SOP, clock and register count. Any thread."""

    desk: Callable[[], Desk]
    _rounds: dict[str, int] = field(default_factory=dict)

    @cached_property
    def _people(self) -> tuple[tuple[Invented, bool], ...]:
        kantor = self.desk().sop.kantor
        found = residents.residents(kantor, village_names(kantor.kode_wilayah))
        return tuple((who, residents.recorded_earlier(i)) for i, who in enumerate(found) if who.penduduk.kewarganegaraan == "WNI")

    def all(self) -> Sequence[Trainee]:
        sop = self.desk().sop
        return tuple(self._trainee(c) for c in CASES if sop.layanan_of(c.layanan) is not None)

    def another(self, key: str) -> Trainee:
        self._case(key)
        self._rounds[key] = self._rounds.get(key, 0) + 1
        return self.one(key)

    def one(self, key: str) -> Trainee:
        return self._trainee(self._case(key))

    def body_of(self, nik: str) -> frozenset[Position]:
        """What the body of whoever has this NIK lacks; nobody of ours: nothing."""
        return next((c.body for c in CASES if c.body and self._somebody(c).penduduk.nik == nik), frozenset())

    @staticmethod
    def _case(key: str) -> Case:
        found = next((c for c in CASES if c.key == key), None)
        if found is None:
            raise NotFound("simulator.no_trainee", value=key[:40])
        return found

    def _trainee(self, case: Case) -> Trainee:
        desk = self.desk()
        who = self._somebody(case)
        papers, lacking = papers_of(desk.sop, case)
        return Trainee(case.key, case.title, case.says, case.layanan, who.penduduk, who.nomor_hp, papers, lacking, case.body,
                       case.turned_away)

    def _somebody(self, case: Case) -> Invented:
        at, desk = self._rounds.get(case.key, 0), self.desk()
        kantor = desk.sop.kantor
        villages = village_names(kantor.kode_wilayah)
        if case.kind == "moved":
            return moved(at, kantor, villages)
        if case.kind == "young":
            from ktpel_kiosk.desk.intake import today
            return young(at, kantor, villages, today(desk))
        alike = [c.key for c in CASES if c.kind == "resident" and c.recorded == case.recorded]
        some = [who for who, recorded in self._people[FIRST_RESIDENT:] if recorded == case.recorded]
        return some[(at * len(alike) + alike.index(case.key)) % len(some)]

    # -- what came of it ----------------------------------------------------------------------------------------------

    def lessons(self, key: str) -> Sequence[Lesson]:
        trainee, desk = self.one(key), self.desk()

        def read(view: View) -> tuple[Lesson, ...]:
            found = [view.permohonan(i.id) for i in view.list(Query(text=trainee.person.nik, limit=20))]
            mine = [p for p in found if p.penduduk.nik == trainee.person.nik]
            return tuple(_lessons(view, trainee, mine))

        return desk.register.read(read)


def papers_of(sop: Sop, case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what lies on the counter, what is missing) of the papers this office asks for."""
    offered = sop.layanan_of(case.layanan)
    asked = [s for s in (offered.syarat if offered else ()) if s.wajib and not s.lokal and s.kondisi in ("", "belum_rekam")]
    asked = [s for s in asked if not s.varian or not offered or not offered.varian or offered.varian[0].kode in s.varian]
    without = case.lacks if case.lacks in [s.kode for s in asked] else asked[0].kode if asked and case.lacks else ""
    lacking = [s.teks for s in asked if s.kode == without]
    return tuple(s.teks for s in asked if s.teks not in lacking), tuple(lacking)


def moved(at: int, kantor: Kantor, villages: tuple[str, ...]) -> Invented:
    """Somebody whose NIK was given elsewhere and who lives here now; no list of this office knows them yet."""
    origin = next(code for code in ELSEWHERE if code[:5] != kantor.kode_wilayah[:5])
    who = invent(at, SEED, replace(kantor, kode_wilayah=origin), villages, residents.BORN_BEFORE)
    here = invent(at, SEED + 1, kantor, villages, residents.BORN_BEFORE).penduduk
    person = replace(who.penduduk, desa=here.desa, kecamatan=here.kecamatan, kabupaten=here.kabupaten, provinsi=here.provinsi,
                     no_kk=here.no_kk)
    return replace(who, penduduk=person, seed=residents.person_seed(person.nik))


def young(at: int, kantor: Kantor, villages: tuple[str, ...], today: date) -> Invented:
    """Somebody of sixteen, with a NIK that says so; the same person for half a year."""
    who = invent(at, SEED + 2, kantor, villages, residents.BORN_BEFORE)
    p, rng = who.penduduk, random.Random(f"{SEED}:{at}")
    second_half = today.month > 6
    born = date(today.year - (16 if second_half else 17), rng.randint(1, 6) + (0 if second_half else 6), rng.randint(1, 28))
    day = born.day + (40 if p.jenis_kelamin.value == "P" else 0)
    nik = f"{p.nik[:6]}{day:02d}{born:%m%y}{p.nik[12:]}"
    person = replace(p, nik=nik, tanggal_lahir=born, status_perkawinan=1, pekerjaan=3)
    return replace(who, penduduk=person, seed=residents.person_seed(nik))


def _lessons(view: View, trainee: Trainee, mine: Sequence[Permohonan]) -> list[Lesson]:
    if not mine:
        return [Lesson("Periksa apakah orang ini boleh direkam sekarang" if trainee.turned_away else
                       "Catat permohonannya di Loket dengan NIK dari kartu keluarga", "todo")]
    p = mine[0]  # newest first
    found = [Lesson("NIK diketik benar", "done"), _service(trainee, p)]
    if not trainee.turned_away:
        found.append(_typing(trainee.person, p.penduduk))
    if trainee.lacking:
        back = p.keadaan is Keadaan.DIKEMBALIKAN
        found.append(Lesson("Dikembalikan dengan lembar pengembalian" if back else f"Kembalikan: {trainee.lacking[0]} belum ada",
                            "done" if back else "wrong" if _passed(p, Stage.TERIMA_BERKAS) else "todo"))
        return found
    sealed = any(packet.permohonan_id == p.id for packet in view.packets())
    if trainee.turned_away:
        touched = bool(view.samples(p.id, with_data=False)) or sealed
        settled = p.keadaan in (Keadaan.DIKEMBALIKAN, Keadaan.DITOLAK, Keadaan.BATAL, Keadaan.GANDA) or p.layanan is not Layanan.BARU_WNI
        text = "Direkam ulang: datanya menjadi ganda di pusat" if touched else "Tidak direkam ulang" if settled else \
            "Jangan rekam ulang: kembalikan, atau layani sebagai penggantian kartu"
        found.append(Lesson(text, "wrong" if touched else "done" if settled else "todo"))
        return found
    if trainee.body:
        excused = {e.position for e in view.exceptions(p.id)}
        left = trainee.body - excused
        found.append(Lesson("Jari yang dibalut dicatat sebagai pengecualian" if not left else
                            f"Catat pengecualian untuk {len(left)} jari yang dibalut, disetujui petugas kedua",
                            "done" if not left else "wrong" if sealed else "todo"))
    recorded = any(t.stage is Stage.REKAM for t in p.tahap)
    if recorded and not p.sudah_rekam:
        found.append(Lesson("Direkam dan disegel" if sealed else "Rekam, tinjau bersama pemohon, lalu segel", "done" if sealed else "todo"))
    over = p.keadaan is Keadaan.SELESAI
    waits = p.keadaan is Keadaan.MENUNGGU_USIA
    found.append(Lesson("Selesai diserahkan" if over else "Kartunya menunggu sampai umur 17" if waits else "Lanjutkan sampai diserahkan",
                        "done" if over or waits else "todo"))
    return found


def _passed(p: Permohonan, stage: Stage) -> bool:
    at = next((i for i, t in enumerate(p.tahap) if t.stage is stage), -1)
    now = p.current()
    return p.keadaan is Keadaan.BERJALAN and at >= 0 and now is not None and p.tahap.index(now) > at


def _service(trainee: Trainee, p: Permohonan) -> Lesson:
    if trainee.turned_away:
        return Lesson("Orang ini dikenali sebagai pernah direkam" if p.sudah_rekam else "Perhatikan peringatan pernah direkam",
                      "done" if p.sudah_rekam else "todo")
    right = p.layanan is trainee.layanan
    offered = LAYANAN_WORDS.get(trainee.layanan, str(trainee.layanan))
    return Lesson("Jenis layanan benar" if right else f"Jenis layanan keliru: yang benar {offered}", "done" if right else "wrong")


def _typing(asked: Penduduk, typed: Penduduk) -> Lesson:
    wrong = [title for name, title in TYPED if getattr(asked, name) != getattr(typed, name)]
    if not wrong:
        return Lesson("Isian sama dengan kartu keluarga", "done")
    return Lesson(f"Berbeda dari kartu keluarga: {', '.join(wrong)}", "wrong")
