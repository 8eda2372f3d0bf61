"""From the click to an accepted job: a card handed to CUPS against ``lp`` of the same finished PDF, in turns, both sides of the card.

The kiosk's side asks queue and printer first, makes the PDF, makes the job, sends the document and has its number; ``lp`` only sends.
Private scheduler, an ippeveprinter as the printer; each job is over before the next begins.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / part) for part in ("contract", "cards")]

LIMIT = 1.5
ROUNDS = 12


def run() -> tuple[float, float, str]:
    """(ratio of medians, limit, both medians in ms). Where CUPS is not installed: an error says which package."""
    import cups_service

    reason = cups_service.missing()
    if reason:
        raise SystemExit(f"bench card: {reason}")
    cups = cups_service.PrivateCups()
    try:
        cups.start()
        cups.printer("card", cups_service.card_attributes(formats="application/pdf"))
        cups.queue("card")
        return _measure(cups)
    finally:
        cups.stop()


def _measure(cups) -> tuple[float, float, str]:
    from card_samples import RESOURCES, penduduk, portrait, signature

    from ktpel_kiosk.cards.face import PillowCardRenderer
    from ktpel_kiosk.hal.drivers.ipp import CupsCardPrinterDriver
    from ktpel_kiosk.hal.drivers.ipp.card_pdf import Side, card_pdf

    face = PillowCardRenderer(RESOURCES).render(
        penduduk(), portrait(), signature(), "LUMAJANG", date(2026, 11, 20), ("PROVINSI JAWA TIMUR", "KABUPATEN LUMAJANG"))
    driver = CupsCardPrinterDriver("card", cups.server)
    printer = driver.open(driver.discover()[0])
    finished = cups.root / "finished.pdf"
    finished.write_bytes(card_pdf([Side(face.front, None, 1), Side(face.back, None, 1)], 5398, 8560, 300))
    lp = ["lp", "-d", "card", "-o", "sides=two-sided-short-edge", "-t", "kartu", str(finished)]
    ours, theirs = [], []
    for number in range(ROUNDS + 3):
        started = time.perf_counter()
        done = subprocess.run(lp, env=cups.environment, capture_output=True, text=True, check=True, timeout=30)
        took = time.perf_counter() - started
        request = re.search(r"card-(\d+)", done.stdout)
        assert request is not None
        _finish(printer, request[1])
        started = time.perf_counter()
        job = printer.submit(face.front, face.back, f"kartu-{number}", face.layers)
        mine = time.perf_counter() - started
        _finish(printer, job.job_id)
        if number >= 3:
            theirs.append(took)
            ours.append(mine)
    median, base = statistics.median(ours), statistics.median(theirs)
    size = finished.stat().st_size
    detail = f"submit {median * 1000:.1f} ms, lp {base * 1000:.1f} ms, both sides, {size // 1000} kB, {ROUNDS} jobs each"
    return median / base, LIMIT, detail


def _finish(printer, job_id: str) -> None:
    while printer.job(job_id).state.value in ("pending", "printing"):
        time.sleep(0.05)
