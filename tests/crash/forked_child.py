"""What a forked desk does with its one piece of work: it ends with 0, or with 1 and the traceback, and never returns."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable


def do_and_end(work: Callable[[], object]) -> None:
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
