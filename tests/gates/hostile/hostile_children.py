"""``hostile_children.py SEED COUNT FOLDER``: pictures and tables through the children the desk really starts.

Prints how many ended as they should and the most memory one child held. A program of its own, as the system tells the most that any child
of a process ever held, and a runner of tests has had others.
"""

from __future__ import annotations

import json
import random
import resource
import sys
from pathlib import Path

import hostile_bombs
import hostile_targets
from hostile_mutate import damaged

from ktpel_kiosk.app import population_file
from ktpel_kiosk.biometrics.sandbox import decode_untrusted
from ktpel_kiosk.domain.errors import BadInput

MEDIA = {"jpeg": "image/jpeg", "png": "image/png", "jp2": "image/jp2", "wsq": "image/x-wsq"}


def the_whole_way(seed: int, count: int, folder: Path) -> int:
    rng, survived = random.Random(seed), 0
    names = [*MEDIA, "table"]
    bombs = [(name, bomb) for name in names for bomb in hostile_bombs.of(name)]
    while len(bombs) < count:
        name = names[len(bombs) % len(names)]
        bombs.append((name, damaged(hostile_targets.seeds_of(name), rng, hostile_targets.TARGETS[name].words)))
    for name, data in bombs[:count]:
        try:
            if name == "table":
                (folder / "daftar.xlsx").write_bytes(data)
                for _ in population_file.open_table(folder / "daftar.xlsx").lines():
                    pass
            else:
                decode_untrusted(data, MEDIA[name], entry="berkas", timeout_s=60)
        except BadInput:
            pass
        survived += 1
    return survived


if __name__ == "__main__":
    found = the_whole_way(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
    print(json.dumps({"survived": found, "memory_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10}))
