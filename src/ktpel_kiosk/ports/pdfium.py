"""PDFium may be called by one thread at a time in a process (its own rule): printers' threads and the screen's workers take this lock."""

from __future__ import annotations

import threading

PDFIUM = threading.RLock()
