"""``ktpel-python``: the interpreter of a frozen desk, for its own children (ktpel_kiosk.child): ``-I -B FILE ...`` or ``-m MODULE ...``."""

import runpy
import sys


def main() -> None:
    rest = sys.argv[1:]
    while rest and rest[0] in ("-I", "-B", "-E", "-s", "-u"):  # a frozen program is isolated and writes no bytecode anyway
        rest.pop(0)
    if rest[:1] == ["-m"] and len(rest) > 1:
        sys.argv = rest[1:]
        runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
    elif rest and not rest[0].startswith("-"):
        sys.argv = rest
        runpy.run_path(rest[0], run_name="__main__")
    else:
        sys.exit(2)


main()
