"""A warmed process that forks one desk after another, and the conversation with it: what it imported is paid for once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue

HERE = Path(__file__).parent


class Template:
    """The warmed process and its conversation."""

    def __init__(self, script: str, folder: Path, *arguments: str) -> None:
        self.log = (folder / "stderr.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / script), str(folder), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self.lines: Queue[str] = Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        assert self.answer(60) == "ready"

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def answer(self, timeout: float) -> str:
        return self.lines.get(timeout=timeout)

    def start(self, command: str) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return int(self.answer(10).removeprefix("pid "))

    def wait(self, timeout: float) -> int | None:
        try:
            return int(self.answer(timeout).removeprefix("exit "))
        except Empty:
            return None

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.reader.join(5)
        self.process.stdout.close()
        self.log.close()
