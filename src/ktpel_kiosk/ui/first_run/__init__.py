"""The set-up assistant: from an empty machine to a working desk, one thing at a time."""

from __future__ import annotations

from ktpel_kiosk.ui.first_run.run import start_setup

__all__ = ["start_setup"]
