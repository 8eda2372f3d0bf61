"""What hangs on the wall beside the desk: the office's own steps, each in one sentence with the page and key."""

from __future__ import annotations

from dataclasses import dataclass

from ktpel_kiosk.domain.sop import Langkah, Sop, Stage

SENTENCES: dict[Stage, tuple[str, str]] = {
    Stage.TERIMA_BERKAS: ("Loket", "Tekan F2, ketik NIK, centang berkas. F9: nomor dan tanda terima keluar."),
    Stage.AGENDA_REGISTER: ("Loket", "F9 memberi nomor register."),
    Stage.VERIFIKASI: ("Verifikasi", "Cocokkan berkas dengan isian. Benar: F9. Tidak: Kembalikan berkas."),
    Stage.VALIDASI: ("Verifikasi", "Petugas kedua memeriksa lagi, lalu F9."),
    Stage.KIRIM: ("Perekaman", "Pemohon setuju di layarnya. Ketik kata sandi Anda, F9: disegel dan terkirim sendiri."),
    Stage.MENUNGGU_PRR: ("Antrean", "Tidak perlu apa-apa. Halaman Antrean mengatakan mengapa menunggu."),
    Stage.CEK_CETAK: ("Cetak", "Periksa nama, tanggal lahir, dan alamat. Cocok: F9."),
    Stage.CETAK_ENCODE: ("Cetak", "F9 mencetak. Lihat kartunya: bagus, letakkan di pembaca, F9. Cacat: Nyatakan rusak."),
    Stage.AKTIVASI: ("Penyerahan", "Letakkan kartu di pembaca, pemohon menempelkan telunjuk, F9."),
    Stage.SERAH_LOKET: ("Penyerahan", "F9: kartu pindah ke loket."),
    Stage.SERAH_PEMOHON: ("Penyerahan", "Pindai tanda terima, tarik KTP lama, pemohon menandatangani, F9."),
    Stage.TERBIT_SURAT: ("Penyerahan", "F9 menerbitkan surat bernomor."),
    Stage.SERAH_SURAT: ("Penyerahan", "Pemohon menandatangani, F9."),
}
"""Page of the window and what to do there; recording says which parts (:data:`RECORDED`)."""
RECORDED = {"foto": "foto", "jari": "sidik jari", "iris": "iris", "tanda_tangan": "tanda tangan"}

KEYS = (("F1", "bantuan"), ("F2", "permohonan baru"), ("F3", "cari"), ("F6", "pengecualian"), ("F7", "ulangi"), ("F8", "ambil"),
        ("F9", "tombol utama"), ("Esc", "kembali"))
TROUBLES = (
    ("Listrik padam", "Nyalakan lagi, masuk, lanjutkan. Yang sudah terekam tidak hilang."),
    ("Tidak ada jaringan", "Terus melayani. Paket terkirim sendiri saat jaringan kembali."),
    ("Perangkat merah di atas layar", "Tekan lambangnya; layar mengatakan apa yang dilakukan. Pekerjaan lain tetap jalan."),
    ("Jari atau mata tidak bisa direkam", "F6, pilih jarinya, tulis alasannya; petugas kedua menyetujui."),
    ("Kartu macet atau cacat", "Jangan cetak ulang begitu saja. Ikuti pertanyaan di halaman Cetak."),
)


@dataclass(frozen=True, slots=True)
class CardStep:
    """One printed step of the SOP. ``parts``: (page of the window, what to do there), consecutive stages of one page apart."""

    number: int
    title: str
    limit_s: float | None
    parts: tuple[tuple[str, str], ...]


def card_steps(sop: Sop) -> tuple[CardStep, ...]:
    """The steps of this office in their printed order; what was said at an earlier step is not said again."""
    said: set[tuple[str, str]] = set()
    steps = []
    for step in sop.langkah:
        parts = [part for part in _parts(step, first=not any(page == "Perekaman" for page, _ in said)) if part not in said]
        said.update(parts)
        steps.append(CardStep(step.nomor, step.judul, step.limit_s, tuple(parts)))
    return tuple(steps)


def _parts(step: Langkah, *, first: bool) -> list[tuple[str, str]]:
    return [("Perekaman", _recording(step, first)) if stage is Stage.REKAM else SENTENCES[stage] for stage in step.stages]


def _recording(step: Langkah, first: bool) -> str:
    what = ", ".join(RECORDED[part] for part in step.rekam or tuple(RECORDED))
    opening = "Pemohon membaca datanya. Lalu " if first else "Lanjutkan: "
    return f"{opening}{what}. F8 ambil, F7 ulangi, F6 pengecualian, F9 lanjut."
