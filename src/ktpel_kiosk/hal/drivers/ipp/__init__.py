"""Printing through CUPS, spoken to in IPP."""

from ktpel_kiosk.hal.drivers.ipp.card import CupsCardPrinterDriver
from ktpel_kiosk.hal.drivers.ipp.document import CupsDocumentPrinterDriver

__all__ = ["CupsCardPrinterDriver", "CupsDocumentPrinterDriver"]
