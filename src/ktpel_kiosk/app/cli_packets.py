"""``packet list``, ``check``, ``repair`` and ``purge``: the packet files of this office, for whoever sits at its console."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from ktpel_kiosk.app.cli_common import DEFAULT_DATA, Data, Json, data_of, fail, guarded, put

STATES = {"whole": "utuh", "damaged": "rusak", "missing": "hilang", "purged": "dimusnahkan", "none": "tidak ada"}
ADVICE = {"nothing": "", "repair": "segel ulang: packet repair", "record_again": "rekam ulang pemohon"}


def add_to(packet_app: typer.Typer) -> None:
    """Hang these commands into ``packet``."""
    for name, command in (("list", packet_list), ("check", packet_check), ("repair", packet_repair), ("purge", packet_purge)):
        packet_app.command(name)(command)


def packet_list(unsent: Annotated[bool, typer.Option("--unsent", help="Hanya yang belum diterima pusat.")] = False,
                limit: Annotated[int, typer.Option("--limit", min=1)] = 1000, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Paket menurut nomor urut: keadaan, sebab menunggu, penggantian, pemusnahan."""
    from ktpel_kiosk.app.maintenance import opened

    def work() -> list[dict[str, Any]]:
        with opened(data_of(data)) as kiosk:
            found = kiosk.register.read(lambda v: list(v.unsent_after(0, limit) if unsent else v.packets_after(0, limit)))
        return [{"counter": p.counter, "packet_id": p.packet_id, "state": p.state.value, "sealed_at": p.sealed_at.isoformat(),
                 "size": p.size, "cause": p.wait_cause.value, "received_at": p.received_at and p.received_at.isoformat(),
                 "replaces": p.replaces, "replaced_by": p.replaced_by, "purged_at": p.purged_at and p.purged_at.isoformat()} for p in found]

    rows = guarded(work)
    put(rows, as_json, lambda: "\n".join(_listed(r) for r in rows) or "Belum ada paket.")


def _listed(row: dict[str, Any]) -> str:
    notes = [f"sebab {row['cause']}" if row["cause"] != "none" else "", f"menggantikan {row['replaces']}" if row["replaces"] else "",
             f"digantikan {row['replaced_by']}" if row["replaced_by"] else "", "dimusnahkan" if row["purged_at"] else ""]
    return f"{row['counter']:>6} {row['packet_id']} {row['state']:9} {row['sealed_at'][:16]}Z {', '.join(n for n in notes if n)}".rstrip()


def packet_check(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Membandingkan semua berkas paket dan isi cadangannya dengan register tanpa mengubahnya; keluar 1 bila perlu tindakan."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import packet_files

    def work() -> tuple[dict[str, Any], int]:
        seen: Counter[str] = Counter()
        wrong: list[dict[str, Any]] = []
        with opened(data_of(data)) as kiosk:
            for found in packet_files.check_all(kiosk.desk, CONSOLE):
                seen["paket"] += 1
                seen[f"berkas {STATES[found.file]}"] += 1
                seen[f"isi cadangan {STATES[found.spare]}"] += 1
                if found.advice != "nothing" or "damaged" in (found.file, found.spare) or "missing" in (found.file, found.spare):
                    wrong.append({"counter": found.packet.counter, "packet_id": found.packet.packet_id, "file": found.file,
                                  "spare": found.spare, "advice": found.advice})
            strays = packet_files.strays(kiosk.desk)
        return {"counts": dict(seen), "findings": wrong, "strays": strays}, sum(w["advice"] != "nothing" for w in wrong)

    found, acts = guarded(work)
    put(found, as_json, lambda: "\n".join([
        *(f"{n:>7}  {what}" for what, n in found["counts"].items()),
        *(f"nomor {w['counter']} {w['packet_id']}: berkas {STATES[w['file']]}, isi cadangan {STATES[w['spare']]}"
          + (f" → {ADVICE[w['advice']]}" if ADVICE[w["advice"]] else " (tidak perlu tindakan)") for w in found["findings"]),
        *([f"{found['strays']} berkas tidak dikenal register; dihapus saat aplikasi dibuka."] if found["strays"] else []),
        "Ada paket yang perlu tindakan." if acts else "Tidak ada yang perlu tindakan."]))
    if acts:
        raise typer.Exit(1)


def packet_repair(packet_id: Annotated[str, typer.Argument(help="Nomor paket; lihat: packet check.")],
                  data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Menyegel ulang paket yang berkasnya hilang atau rusak, dari isi cadangannya. Diulang pun hasilnya satu paket."""
    from ktpel_kiosk.app.maintenance import CONSOLE, opened
    from ktpel_kiosk.desk import resend

    def work() -> dict[str, Any]:
        with opened(data_of(data)) as kiosk:
            made = resend.repair(kiosk.desk, CONSOLE, packet_id)
            return {"packet_id": made.packet_id, "counter": made.counter, "replaces": made.replaces, "state": made.state.value}

    made = guarded(work)
    same = made["packet_id"] == packet_id
    put(made, as_json, lambda: f"Berkas paket {packet_id} utuh; paket kembali ke antrean." if same else
        f"Disegel ulang sebagai paket {made['packet_id']} (nomor urut {made['counter']}).")


def packet_purge(dry_run: Annotated[bool, typer.Option("--dry-run", help="Hanya menghitung; tidak ada yang dihapus.")] = False,
                 officer: Annotated[str, typer.Option("--officer", help="Nama pengguna yang menandatangani berita acara.")] = "",
                 data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Memusnahkan berkas paket yang tanda terimanya sah dan masa simpannya habis, dengan berita acara. Kata sandi petugas ditanyakan."""
    from ktpel_kiosk.app.maintenance import opened
    from ktpel_kiosk.desk import retention, sign_in
    from ktpel_kiosk.domain.errors import BadInput

    def look() -> dict[str, Any]:
        with opened(data_of(data)) as kiosk:
            due, days = retention.due(kiosk.desk), kiosk.register.read(retention.days)
            return {"days": days, "due": len(due.packets), "held": [p.packet_id for p in due.held], "more": due.more}

    def purge(password: str) -> dict[str, Any]:
        with opened(data_of(data)) as kiosk:
            run = retention.purge(kiosk.desk, sign_in.sign_in(kiosk.desk, officer, password))
            return {"packets": run.packets if run else 0, "number": run.number if run else "", "digest": run.digest if run else ""}

    if dry_run:
        found = guarded(look)
        put(found, as_json, lambda: "\n".join([
            f"{found['due']} paket siap dimusnahkan (masa simpan {found['days']} hari).",
            *(f"Ditahan, tanda terimanya tidak dapat diperiksa: {p}" for p in found["held"])]))
        return
    if not officer:
        fail(BadInput("retention.officer"))
    password = typer.prompt("Kata sandi", hide_input=True, err=True)
    done = guarded(lambda: purge(password))
    put(done, as_json, lambda: f"{done['packets']} paket dimusnahkan. Berita acara {done['number']}." if done["packets"] else
        "Tidak ada paket yang siap dimusnahkan.")
