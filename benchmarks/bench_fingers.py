"""Ten fingers, NFIQ 2 and minutiae, on two threads: the desk's whole assessment against nbis-py bare on the same images and threads.

Ours cuts nothing here (the device's own cut-outs are given, so that both sides score the same pixels) and adds ridge measures, PNG
encoding, hints and preparation for comparison. CPU time of the process, best of three taken in turns: the machine may be busy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.finger_service import FingerService
from ktpel_kiosk.domain.biometric import FINGERS
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson
from ktpel_kiosk.ports.devices import FingerCapture

LIMIT = 1.15
ROUNDS = 3


def run() -> tuple[float, float, str]:
    import nbis

    person = SyntheticPerson(7)
    cuts = tuple((p, person.finger(p)) for p in FINGERS)
    pngs = [images.encode_png(image) for _, image in cuts]
    settings = nbis.NbisExtractorSettings(min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=True, ppi=None)
    extractor = nbis.new_nbis_extractor(settings)

    def bare_one(png: bytes) -> int:
        found = extractor.extract_minutiae(png)
        found.get()
        return int(found.quality().score)

    def bare() -> list[int]:
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(bare_one, pngs))

    service = FingerService()
    assert service.engine.failure() == ""

    def ours() -> list[int]:
        return [a.quality.score for a in service.assess(FingerCapture(None, cuts), FINGERS)]

    assert bare() == ours(), "both sides must score the same pixels"
    taken = [(_cpu(bare), _cpu(ours)) for _ in range(ROUNDS)]
    base, mine = min(b for b, _ in taken), min(o for _, o in taken)
    return mine / base, LIMIT, f"ten fingers on two threads: {mine:.2f} s CPU against {base:.2f} s of nbis-py bare"


def _cpu(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    print(run())
