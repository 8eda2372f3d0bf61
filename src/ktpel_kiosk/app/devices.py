"""The real drivers this installation has, in order of preference per kind."""

from __future__ import annotations

from ktpel_kiosk.hal.driver import Driver


def real_drivers() -> list[Driver]:
    """Camera through OpenCV, card reader through PC/SC; the rest of the classes comes from their own families."""
    from ktpel_kiosk.hal.drivers.opencv_camera import OpenCvCameraDriver
    from ktpel_kiosk.hal.drivers.pcsc_reader import PcscReaderDriver
    return [OpenCvCameraDriver(), PcscReaderDriver()]
