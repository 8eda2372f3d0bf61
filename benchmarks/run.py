"""Benchmarks: each prints ``name ratio=R limit=L`` against a named baseline measured in the same run.

``benchmarks/run.py [NAME ...]`` runs those (default: all) and exits 1 when one is over its limit. A benchmark is a module
``bench_NAME.py`` with ``run() -> (ratio, limit, detail)``.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    return sorted(p.stem.removeprefix("bench_") for p in HERE.glob("bench_*.py"))


def main(wanted: list[str]) -> int:
    sys.path.insert(0, str(HERE))
    unknown = [n for n in wanted if n not in names()]
    if unknown:
        print(f"unknown benchmark {unknown[0]}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    over = 0
    for name in wanted or names():
        ratio, limit, detail = importlib.import_module(f"bench_{name}").run()
        over += ratio > limit
        print(f"{name} ratio={ratio:.3f} limit={limit:g}  # {detail}", flush=True)
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
