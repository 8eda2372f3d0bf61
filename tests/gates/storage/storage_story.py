"""What a desk does while its disk is watched, and what must be there afterwards.

``small``: applications, samples, sealed packets, receipts, a purge and a copy of the register, in an office made from nothing; seconds.
``whole``: two applicants of ``tests/crash`` from their papers to their cards, with real devices' answers, and copies between.
Everything said to be done is a line in ``<folder>/acks`` by then.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for room in ("crash", "register", ""):
    sys.path.insert(0, str(HERE.parents[1] / room))

from packets_desk import Life, open_desk  # noqa: E402
from register_makers import application, sample  # noqa: E402

from ktpel_kiosk.app.wiring import Kiosk  # noqa: E402
from ktpel_kiosk.desk import packet_files  # noqa: E402
from ktpel_kiosk.domain.errors import KioskError  # noqa: E402
from ktpel_kiosk.domain.outbox import Packet  # noqa: E402
from ktpel_kiosk.register.backup import SUFFIX, check_copy  # noqa: E402


class Story(Life):
    """The small one: steps that can be done in any order."""

    def __init__(self, kiosk: Kiosk, folder: Path, seed: int) -> None:
        super().__init__(kiosk, folder / "acks", seed)
        self.folder, self.written = folder, 0

    def sample(self) -> None:
        """A new application with one sample, audited, in one commit."""
        number = 100 + self.written
        p = application(number)
        taken = sample(p, size=20_000, id=f"{number}-{self.written}")
        self.written += 1
        self.desk.register.write(lambda tx: (
            tx.save_permohonan(p), tx.add_sample(taken), tx.log("SampleAccepted", p.id, "rina", attempt=1)))
        self.acked("sample", f"{p.id}/{taken.id}")

    def copy(self) -> None:
        self.acked("copy", self.kiosk.register.backup(self.folder / "usb").name)

    STEPS = ("sample", "seal", "sample", "receive", "copy", "seal", "sample", "receive", "lose", "mend", "purge", "sample")

    def tell(self) -> None:
        for step in self.STEPS:
            getattr(self, step)()


def acknowledged(acks: Path) -> list[str]:
    return acks.read_text("ascii").splitlines() if acks.exists() else []


def missing(kiosk: Kiosk, usb: Path, acks: list[str]) -> list[str]:
    """Of what was acknowledged by the small story, what is not there; with everything else a start would stumble over."""
    rows = {p.packet_id: p for p in kiosk.register.read(lambda v: v.packets())}
    lost = [line for line in acks if not _held(kiosk, usb, rows, *line.split())]
    return lost + wrong(kiosk, usb)


def _held(kiosk: Kiosk, usb: Path, rows: dict[str, Packet], what: str, which: str) -> bool:
    if what == "sample":
        permohonan, _, taken = which.partition("/")
        return any(s.id == taken and len(s.data) > 20_000 for s in kiosk.register.read(lambda v: v.samples(permohonan)))
    if what == "copy":
        return (usb / which).is_file()
    return which in rows and (what == "sealed" or bool(rows[which].receipt))


def wrong(kiosk: Kiosk, usb: Path) -> list[str]:
    """What must hold of any office folder after any cut: whole register, whole packets or their spare, nothing half believed."""
    found = []
    try:
        kiosk.register.integrity_check()
    except KioskError as error:
        found.append(f"register: {error}")
    if not kiosk.register.check_audit().whole:
        found.append("audit")
    packet_files.clear_leftovers(kiosk.desk)
    sealer = kiosk.desk.sealer
    for p in kiosk.register.read(lambda v: list(v.packets())):
        spare = kiosk.register.read(lambda v, p=p: v.spare(p.packet_id))
        opens = spare is not None and sealer.spare_opens(spare)
        if p.purged_at is None and not opens:
            found.append(f"spare of {p.packet_id}")
    known = kiosk.register.read(lambda v: v.packet_paths() | v.spare_paths())
    there = {f.name for folder in ("packets", "simpanan") for f in (kiosk.data / folder).glob("*")}
    found += [f"stray {name}" for name in there - known]
    key = kiosk.register._key
    for copy in usb.glob(f"*{SUFFIX}"):
        try:
            check_copy(copy, key)
        except KioskError as error:
            found.append(f"copy {copy.name}: {error}")
    return found


def lost_files(kiosk: Kiosk, acks: list[str]) -> list[str]:
    """Packets said to be sealed whose file is not whole, although nobody took it away (``lose`` did in a small story)."""
    rows = kiosk.register.read(lambda v: list(v.packets()))
    said = {line.split()[-1].removeprefix("packet:") for line in acks if "sealed" in line or "packet:" in line}
    return [f"file of {p.packet_id}" for p in rows if p.packet_id in said and p.purged_at is None and not p.replaced_by
            and not kiosk.desk.sealer.exists(p.path, p.sha256)]


def small(folder: Path) -> None:
    with open_desk(folder / "kantor", 0) as kiosk:
        Story(kiosk, folder, 0).tell()


def whole(folder: Path, url: str, applicants: int) -> None:
    """The whole way, copied to the second disk as often as somebody's card is there."""
    from template import Desk, _preload

    import quick_secrets

    _preload()
    quick_secrets.use()
    desk = Desk(folder, url, applicants, 0)
    add = desk.acks.add

    def acknowledge(what: str, permohonan_id: str) -> None:
        add(what, permohonan_id)
        if what.startswith(("packet", "handover", "intake")):
            add(f"copy:{desk.kiosk.register.backup(folder / 'usb').name}", permohonan_id)

    desk.acks.add = acknowledge  # type: ignore[method-assign]
    desk.live()
    desk.kiosk.close()


def main() -> None:
    kind, folder, *rest = sys.argv[1:]
    random.seed(1)
    if kind == "small":
        small(Path(folder))
    else:
        whole(Path(folder), rest[0], int(rest[1]))


if __name__ == "__main__":
    main()
