"""What each SIAK status means to the operator and to the applicant at the counter, who acts, what comes next (DOMAIN.md 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ktpel_kiosk.domain.status import OtherStatus, Status, StatusSiak

S = StatusSiak
WARN_DAYS, ALARM_DAYS = 3, 7
"""Calendar days at SENT_FOR_ENROLLMENT before the office is told, and before it should ask the dinas."""
SILENT_DAYS = 3
"""Calendar days after the receipt without any status."""
UNSENT = timedelta(hours=24)
ASK_AGAIN_DAYS = 3
"""A question to the Disdukcapil or the centre keeps its task away for so many days."""


class Who(StrEnum):
    """Who has to act."""

    OPERATOR = "Operator kantor ini"
    KIOSK = "Kiosk, dengan sendirinya"
    CENTRE = "Pusat (Ditjen Dukcapil)"
    DINAS = "Disdukcapil kabupaten/kota"
    APPLICANT = "Pemohon"
    NOBODY = "Tidak ada"


class Act(StrEnum):
    """The operator's next act."""

    RECORD = "rekam"
    WAIT = "tunggu"
    RESEND = "kirim_ulang"
    RECORD_AGAIN = "rekam_ulang"
    AWAIT_RULING = "tunggu_putusan"
    ASK_DELETION = "minta_hapus_duplikat"
    PRINT = "cetak"
    HAND_OVER = "serahkan"
    CLOSE = "tutup"
    ASK = "tanyakan"


@dataclass(frozen=True, slots=True)
class Guide:
    """``operator`` and ``applicant``: plain sentences; ``next``: what the operator does now; ``acts``: that for buttons, the best first.

    ``tone``: neutral, accent, good, attention or trouble.
    """

    title: str
    operator: str
    applicant: str
    who: Who
    next: str
    acts: tuple[Act, ...]
    tone: str


_GUIDES: Mapping[StatusSiak, Guide] = {
    S.UNREGISTERED: Guide(
        "Belum rekam", "NIK ada di SIAK, tetapi pusat belum memiliki rekaman biometriknya.",
        "Data Bapak/Ibu sudah ada, tetapi foto, sidik jari, dan irisnya belum direkam.", Who.OPERATOR,
        "Rekam pemohon ini.", (Act.RECORD,), "neutral"),
    S.BIO_CAPTURED: Guide(
        "Terekam, belum terkirim", "Sudah direkam dan disegel di komputer ini, belum sampai ke pusat.",
        "Perekaman sudah selesai. Datanya menunggu dikirim ke pusat; tidak perlu merekam lagi.", Who.KIOSK,
        "Tunggu; kiosk mengirim sendiri begitu ada jaringan. Lewat 24 jam, lihat halaman Antrean.", (Act.WAIT,), "attention"),
    S.PROCESSING: Guide(
        "Sedang diproses", "Paket sedang dikemas atau dikirim; biasanya hanya sebentar.",
        "Data sedang dikirim ke pusat.", Who.KIOSK, "Tunggu.", (Act.WAIT,), "accent"),
    S.SENT_FOR_ENROLLMENT: Guide(
        "Terkirim (SFE)", "Sudah terkirim dan menunggu giliran diperiksa. Disdukcapil hanya dapat memantau.",
        "Data sudah terkirim dan menunggu diperiksa pusat. Biasanya satu sampai tiga hari.", Who.CENTRE,
        "Tunggu. Lewat 3 hari, tanyakan kepada Disdukcapil; lewat 7 hari, kirim ulang bila diminta.", (Act.ASK, Act.RESEND), "accent"),
    S.RECEIVED_AT_CENTRAL: Guide(
        "Diterima pusat", "Sudah sampai di pusat data dan sedang dicocokkan dengan seluruh penduduk.",
        "Data sudah diterima pusat dan sedang diperiksa.", Who.CENTRE, "Tunggu.", (Act.WAIT,), "accent"),
    S.ENROLL_FAILURE_AT_REGIONAL: Guide(
        "Gagal di daerah", "Pemeriksaan di daerah gagal: data kurang lengkap atau tidak terbaca.",
        "Pemeriksaan data belum berhasil. Kami kirim ulang; bila perlu Bapak/Ibu kami hubungi untuk direkam lagi.", Who.OPERATOR,
        "Kirim ulang. Bila gagal lagi, minta Disdukcapil menghapus rekaman di pusat, lalu rekam ulang.",
        (Act.RESEND, Act.RECORD_AGAIN), "trouble"),
    S.ENROLL_FAILURE_AT_CENTRAL: Guide(
        "Gagal di pusat", "Pemeriksaan di pusat gagal: data kurang lengkap atau tidak terbaca.",
        "Pemeriksaan data di pusat belum berhasil. Kami kirim ulang; bila perlu Bapak/Ibu kami hubungi untuk direkam lagi.",
        Who.OPERATOR, "Kirim ulang. Bila gagal lagi, minta Disdukcapil menghapus rekaman di pusat, lalu rekam ulang.",
        (Act.RESEND, Act.RECORD_AGAIN), "trouble"),
    S.SEARCH_FAILURE_AT_CENTRAL: Guide(
        "Gagal pencarian", "Pencocokan di pusat gagal karena gangguan teknis, bukan karena data pemohon.",
        "Pemeriksaan di pusat terganggu. Kami kirim ulang; Bapak/Ibu tidak perlu datang lagi.", Who.OPERATOR,
        "Kirim ulang. Jangan rekam ulang.", (Act.RESEND,), "trouble"),
    S.ADJUDICATE_RECORD: Guide(
        "Sedang diputuskan pusat", "Sidik jari mirip dengan orang lain dan petugas ahli di pusat sedang memutuskan.",
        "Pusat sedang memeriksa data lebih teliti. Mohon menunggu; kami beri tahu hasilnya.", Who.CENTRE,
        "Tunggu putusan, atau tanyakan lewat Disdukcapil. Jangan rekam ulang kecuali pusat sudah menghapus rekamannya.",
        (Act.AWAIT_RULING,), "attention"),
    S.REQUEST_VALIDATION: Guide(
        "Menunggu validasi", "Pusat meminta data ini divalidasi lebih dahulu.",
        "Data sedang divalidasi oleh dinas. Mohon menunggu.", Who.DINAS,
        "Minta Disdukcapil memvalidasi, lalu tunggu.", (Act.AWAIT_RULING,), "attention"),
    S.DUPLICATE_RECORD: Guide(
        "Data ganda", "Orang yang sama sudah terekam dengan NIK lain. KTP-el tidak dapat dicetak.",
        "Menurut pusat, Bapak/Ibu sudah pernah direkam dengan NIK lain. Kami bantu mengurusnya lewat Disdukcapil.", Who.DINAS,
        "Tentukan NIK yang benar dan ajukan penghapusan data ganda lewat Disdukcapil. Jangan pernah merekam ulang.",
        (Act.ASK_DELETION,), "trouble"),
    S.PRINT_READY_RECORD: Guide(
        "Siap cetak (PRR)", "Tunggal dan siap dicetak.",
        "Data sudah selesai diperiksa. KTP-el dapat dicetak.", Who.OPERATOR, "Cetak dan encode, lalu kabari pemohon.",
        (Act.PRINT,), "good"),
    S.SENT_FOR_CARD_PRINTING: Guide(
        "Dikirim ke cetak", "Sudah masuk antrean cetak.", "KTP-el sedang dalam antrean cetak.", Who.OPERATOR, "Cetak.",
        (Act.PRINT,), "good"),
    S.CARD_PRINTED: Guide(
        "Tercetak", "Kartu sudah tercetak.", "KTP-el sudah jadi. Silakan datang untuk mengambil dan mengaktifkannya.", Who.OPERATOR,
        "Aktifkan dan serahkan kepada pemohon.", (Act.HAND_OVER,), "good"),
    S.CARD_SHIPPED: Guide(
        "Dikirim ke kantor", "Kartu dicetak di tempat lain dan sudah dikirim ke kantor ini.",
        "KTP-el sudah dikirim ke kantor dan segera dapat diambil.", Who.OPERATOR,
        "Terima kartunya, aktifkan, lalu serahkan.", (Act.HAND_OVER,), "good"),
    S.CARD_ISSUED: Guide(
        "Diserahkan", "Kartu sudah diterima pemiliknya.", "KTP-el sudah diserahkan.", Who.NOBODY, "Selesai.", (Act.CLOSE,), "neutral"),
}

_NEXT: Mapping[StatusSiak, frozenset[StatusSiak]] = {
    S.UNREGISTERED: frozenset({S.BIO_CAPTURED}),
    S.BIO_CAPTURED: frozenset({S.PROCESSING, S.SENT_FOR_ENROLLMENT, S.ENROLL_FAILURE_AT_REGIONAL}),
    S.PROCESSING: frozenset({S.SENT_FOR_ENROLLMENT, S.ENROLL_FAILURE_AT_REGIONAL}),
    S.SENT_FOR_ENROLLMENT: frozenset({S.RECEIVED_AT_CENTRAL, S.PRINT_READY_RECORD}),
    S.RECEIVED_AT_CENTRAL: frozenset({
        S.PRINT_READY_RECORD, S.ENROLL_FAILURE_AT_CENTRAL, S.SEARCH_FAILURE_AT_CENTRAL, S.ADJUDICATE_RECORD, S.REQUEST_VALIDATION,
        S.DUPLICATE_RECORD}),
    S.ENROLL_FAILURE_AT_REGIONAL: frozenset({S.BIO_CAPTURED, S.UNREGISTERED}),
    S.ENROLL_FAILURE_AT_CENTRAL: frozenset({S.BIO_CAPTURED, S.UNREGISTERED}),
    S.SEARCH_FAILURE_AT_CENTRAL: frozenset({S.SENT_FOR_ENROLLMENT, S.BIO_CAPTURED}),
    S.ADJUDICATE_RECORD: frozenset({S.PRINT_READY_RECORD, S.DUPLICATE_RECORD, S.UNREGISTERED, S.BIO_CAPTURED}),
    S.REQUEST_VALIDATION: frozenset({S.PRINT_READY_RECORD, S.DUPLICATE_RECORD}),
    S.DUPLICATE_RECORD: frozenset({S.UNREGISTERED, S.PRINT_READY_RECORD}),
    S.PRINT_READY_RECORD: frozenset({S.SENT_FOR_CARD_PRINTING, S.CARD_PRINTED}),
    S.SENT_FOR_CARD_PRINTING: frozenset({S.CARD_PRINTED, S.PRINT_READY_RECORD}),
    S.CARD_PRINTED: frozenset({S.CARD_SHIPPED, S.CARD_ISSUED, S.PRINT_READY_RECORD}),
    S.CARD_SHIPPED: frozenset({S.CARD_ISSUED}),
    S.CARD_ISSUED: frozenset({S.PRINT_READY_RECORD}),
}


def guide(status: Status) -> Guide:
    """What a status means; of a word the program does not know: that it is shown as it came, and whom to ask."""
    if not isinstance(status, OtherStatus):
        return _GUIDES[status]
    return Guide(
        status.value, "Status ini belum dikenal program; ditampilkan seperti tertulis di SIAK dan tidak memindahkan permohonan.",
        f"Status di pusat: {status.value}. Kami tanyakan artinya kepada dinas.", Who.DINAS,
        "Tanyakan artinya kepada Disdukcapil.", (Act.ASK,), "attention")


def follows(before: Status) -> frozenset[StatusSiak]:
    """What SIAK usually says next; empty after a word nobody knows."""
    return frozenset() if isinstance(before, OtherStatus) else _NEXT[before]


def usual(before: Status | None, after: Status) -> bool:
    """Whether this step is one SIAK is known to make. Any step is possible (SIAK is the last writer); others deserve a look.

    Nothing is judged before the first status, and nothing about words the program does not know.
    """
    if before is None or before == after or isinstance(before, OtherStatus) or isinstance(after, OtherStatus):
        return True
    return after in _NEXT[before]
