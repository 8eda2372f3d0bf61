"""KTP-el Kiosk: the enrolment desk for the Indonesian electronic identity card."""

__version__ = "0.1.0"
