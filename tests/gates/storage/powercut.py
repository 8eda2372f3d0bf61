"""A disk as a power cut may leave it: the writes of a traced process, replayed with what was never synced dropped, torn or reordered.

``record`` runs a program under strace; :class:`Disk` holds, for every moment of the trace, what fsync made durable and what was
only written. Nothing is assumed of the file system but POSIX: data is durable after fsync of the file, a name after fsync of its
folder. What a program said is done is in the trace too: lines it appended to a file called ``acks``.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CALLS = ("openat,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,rename,renameat,renameat2,link,linkat,symlink,unlink,"
         "unlinkat,ftruncate,truncate,fallocate,mkdir,mkdirat,rmdir,copy_file_range,sendfile")
UNKNOWN = {"writev", "pwritev", "pwritev2", "link", "linkat", "symlink", "truncate", "fallocate", "copy_file_range", "sendfile", "creat"}
"""Ways to write that nothing of ours uses; one that turns up in the folder must not be overlooked."""
MODES = ("dropped", "prefix", "subset", "torn", "names", "data")
IGNORED = ("-shm",)
"""The index of the journal is shared memory: SQLite makes it anew after a cut."""
_LINE = re.compile(r"^(\d+) +(.*)$", re.S)
_RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$", re.S)
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FD = re.compile(r"^(\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded: name, the path(s) it speaks of, data, offset or size."""

    name: str
    path: str
    other: str = ""
    data: bytes = b""
    number: int = -1
    flags: str = ""


def record(command: Sequence[str], trace: Path, folder: Path, env: dict[str, str], timeout: float = 600) -> list[Call]:
    """Run ``command`` under strace; its successful calls on files below ``folder``, in the order they were answered."""
    done = subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "100000000", "-e", f"trace={CALLS}", "-e", "signal=none",
         "-o", str(trace), *command], env=env, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise AssertionError(f"the story ended with {done.returncode}: {done.stderr[-3000:]}")
    prefix = f"{folder}/"
    return [c for c in _calls(trace) if c.path.startswith(prefix) or c.path == str(folder)]


def _calls(trace: Path) -> Iterator[Call]:
    begun: dict[str, str] = {}
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            found = _LINE.match(line.rstrip("\n"))
            if found is None:
                continue
            pid, text = found.groups()
            if text.endswith("<unfinished ...>"):
                begun[pid] = text.removesuffix("<unfinished ...>")
                continue
            resumed = _RESUMED.match(text)
            if resumed is not None:
                text = begun.pop(pid) + resumed.group(2)
            call = _call(text)
            if call is not None:
                yield call


def _call(text: str) -> Call | None:
    name, _, rest = text.partition("(")
    arguments, _, result = rest.rpartition(") ")
    result = result.strip().removeprefix("= ")
    if (not arguments and not rest) or result.startswith(("-1", "?")):
        return None
    strings = [bytes.fromhex(s.replace("\\x", "")) for s in _STRING.findall(arguments)]
    if name == "openat":
        made = _FD.match(result)
        if made is None or ("O_CREAT" not in arguments and "O_TRUNC" not in arguments):
            return None
        return Call("open", _text(made.group(2)), flags=arguments.rpartition('"')[2])
    if name in ("mkdir", "rmdir", "unlink"):
        return Call(name, strings[0].decode())
    if name in ("unlinkat", "mkdirat"):
        return Call("rmdir" if "AT_REMOVEDIR" in arguments else name.removesuffix("at"), _joined(arguments, strings[0]))
    if name in ("rename", "renameat", "renameat2"):
        return Call("rename", strings[0].decode(), strings[1].decode())
    fd = _FD.match(arguments)
    path = _text(fd.group(2)) if fd is not None else strings[0].decode() if strings else ""
    if fd is not None and fd.group(3):
        return Call("deleted", path)
    if name in ("fsync", "fdatasync"):
        return Call("fsync", path)
    if name == "write":
        return Call("append", path, data=strings[-1][:int(result)])
    if name == "pwrite64":
        return Call("pwrite", path, data=strings[-1][:int(result)], number=int(arguments.rpartition(", ")[2]))
    if name == "ftruncate":
        return Call("truncate", path, number=int(arguments.rpartition(", ")[2]))
    return Call("unknown", path, flags=name)


def _text(hexed: str) -> str:
    return bytes.fromhex(hexed.replace("\\x", "")).decode()


def _joined(arguments: str, name: bytes) -> str:
    fd = _FD.match(arguments)
    path = name.decode()
    return path if path.startswith("/") or fd is None else f"{_text(fd.group(2))}/{path}"


@dataclass(slots=True)
class Inode:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, int, bytes | None]] = field(default_factory=list)
    """(moment, offset, bytes) of a write, (moment, size, None) of a truncation."""
    end: int = 0
    """Where the next plain write goes (every file here is written from its beginning or appended to by one descriptor)."""


@dataclass(slots=True)
class Name:
    """One change of a folder: ``gone`` loses its name, ``new`` shows ``inode`` (None: it is a folder)."""

    moment: int
    gone: str
    new: str
    inode: Inode | None


class Disk:
    """What is durable and what is not, call after call.

    Args:
        start: folder as it lies before the first call, all of it durable. folder: where the traced process had it.
    """

    def __init__(self, start: Path, folder: Path) -> None:
        self._folder, self._moment = str(folder), 0
        self.acks: list[str] = []
        self._durable: dict[str, Inode | None] = {"": None}
        for path in start.rglob("*"):
            name = f"/{path.relative_to(start)}"
            self._durable[name] = None if path.is_dir() else Inode(bytearray(path.read_bytes()))
        self._now = dict(self._durable)
        self._names: list[Name] = []

    def apply(self, call: Call) -> None:
        self._moment += 1
        path = call.path.removeprefix(self._folder)
        if path.endswith(IGNORED) or call.name == "deleted":
            return
        if path.rpartition("/")[2] == "acks":
            self.acks += call.data.decode().split("\n")[:-1] if call.name == "append" else []
            return
        if call.name == "unknown":
            raise AssertionError(f"{call.flags} on {path}: this way to write is not replayed")
        getattr(self, f"_{call.name}")(path, call)

    def _open(self, path: str, call: Call) -> None:
        inode = self._now.get(path)
        if inode is None:
            inode = self._now[path] = Inode()
            self._names.append(Name(self._moment, "", path, inode))
        elif "O_TRUNC" in call.flags:
            inode.pending.append((self._moment, 0, None))
            inode.end = 0
        if "O_APPEND" in call.flags:
            inode.end = self._size(inode)

    @staticmethod
    def _size(inode: Inode) -> int:
        size = len(inode.durable)
        for _moment, at, data in inode.pending:
            size = at if data is None else max(size, at + len(data))
        return size

    def _file(self, path: str) -> Inode:
        inode = self._now.get(path)
        if inode is None:
            raise AssertionError(f"a write to {path}, which the trace never made")
        return inode

    def _append(self, path: str, call: Call) -> None:
        inode = self._file(path)
        inode.pending.append((self._moment, inode.end, call.data))
        inode.end += len(call.data)

    def _pwrite(self, path: str, call: Call) -> None:
        self._file(path).pending.append((self._moment, call.number, call.data))

    def _truncate(self, path: str, call: Call) -> None:
        self._file(path).pending.append((self._moment, call.number, None))

    def _mkdir(self, path: str, _call: Call) -> None:
        self._now[path] = None
        self._names.append(Name(self._moment, "", path, None))

    def _unlink(self, path: str, _call: Call) -> None:
        self._now.pop(path, None)
        self._names.append(Name(self._moment, path, "", None))

    _rmdir = _unlink

    def _rename(self, path: str, call: Call) -> None:
        new = call.other.removeprefix(self._folder)
        inode = self._now.pop(path)
        self._now[new] = inode
        self._names.append(Name(self._moment, path, new, inode))

    def _fsync(self, path: str, _call: Call) -> None:
        inode = self._now.get(path)
        if inode is not None:
            for _moment, at, data in inode.pending:
                _write(inode.durable, at, data)
            inode.pending.clear()
            return
        for name in [n for n in self._names if _parent(n.new or n.gone) == path]:
            _show(self._durable, name)
            self._names.remove(name)

    def cut(self, target: Path, mode: str, rng: random.Random) -> None:
        """Write the disk as it may be found after a cut now into ``target``."""
        keep = _Keep(mode, rng, self._moment, min([n.moment for n in self._names] + [
            p[0] for i in self._now.values() if i is not None for p in i.pending], default=self._moment))
        names = dict(self._durable)
        for name in self._names:
            if keep.name(name.moment):
                _show(names, name)
        for path, inode in sorted(names.items()):
            place = target / path.lstrip("/")
            if any(p not in names for p in _parents(path)):
                continue  # its folder is not there
            if inode is None:
                place.mkdir(exist_ok=True)
            else:
                place.write_bytes(keep.contents(inode))


@dataclass
class _Keep:
    """What of the unsynced survives this cut."""

    mode: str
    rng: random.Random
    moment: int
    first: int

    def __post_init__(self) -> None:
        self.until = self.rng.randint(self.first - 1, self.moment)
        self.chance = self.rng.choice((0.1, 0.5, 0.9))
        self.sector = self.rng.choice((512, 4096))

    def name(self, moment: int) -> bool:
        if self.mode in ("names", "dropped", "data"):
            return self.mode == "names"
        return moment <= self.until if self.mode == "prefix" else self.rng.random() < self.chance

    def contents(self, inode: Inode) -> bytes:
        if not inode.pending:
            return bytes(inode.durable)
        found = bytearray(inode.durable)
        for moment, at, data in inode.pending:
            self._one(found, moment, at, data)
        return bytes(found)

    def _one(self, found: bytearray, moment: int, at: int, data: bytes | None) -> None:
        if self.mode == "data" or (self.mode == "prefix" and moment <= self.until):
            _write(found, at, data)
        elif self.mode == "torn" and data is not None:
            for begin in range(0, len(data), self.sector):
                if self.rng.random() < self.chance:
                    _write(found, at + begin, data[begin:begin + self.sector])
        elif self.mode in ("torn", "subset") and self.rng.random() < self.chance:
            _write(found, at, data)
        elif self.mode in ("torn", "subset") and data is not None and at + len(data) > len(found) and self.rng.random() < 0.3:
            found.extend(bytes(at + len(data) - len(found)))  # the new length got there, the data did not


def _write(found: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        if at < len(found):
            del found[at:]
        else:
            found.extend(bytes(at - len(found)))
        return
    if at > len(found):
        found.extend(bytes(at - len(found)))
    found[at:at + len(data)] = data


def _show(names: dict[str, Inode | None], name: Name) -> None:
    if name.gone:
        names.pop(name.gone, None)
    if name.new:
        names[name.new] = name.inode


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _parents(path: str) -> Iterator[str]:
    while path:
        path = _parent(path)
        yield path


def moments(calls: Sequence[Call], count: int, rng: random.Random) -> list[int]:
    """``count`` moments to cut at, ascending: half anywhere, half just before or after something that should be durable."""
    edges = [i + d for i, c in enumerate(calls) for d in (0, 1) if c.name in ("fsync", "rename", "unlink") or c.path.endswith("/acks")]
    return sorted(rng.choice(edges) if n % 2 else rng.randint(0, len(calls)) for n in range(count))
