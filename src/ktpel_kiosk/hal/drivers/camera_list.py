"""Which cameras are plugged in, without opening them: opening would take one away from whoever uses it."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import uuid
from pathlib import Path

_VIDIOC_QUERYCAP = 0x80685600
_CAPTURE, _META, _DEVICE_CAPS = 0x00000001, 0x00800000, 0x80000000
_VIDEO_CAMERA = "{E5323777-F976-4F5B-9B55-B94699C46E44}"
"""Windows interface class KSCATEGORY_VIDEO_CAMERA."""


def list_cameras() -> list[tuple[str, str]]:
    """(key, label) of each camera: ``/dev/videoN`` on Linux, the index as text on Windows."""
    if sys.platform == "win32":
        return _windows()
    return _linux() if sys.platform.startswith("linux") else [("0", "Kamera 0")]


def _linux() -> list[tuple[str, str]]:
    found = []
    nodes = [path for path in Path("/dev").glob("video*") if path.name[5:].isdigit()]
    for path in sorted(nodes, key=lambda p: int(p.name[5:])):
        label = _v4l2_name(path)
        if label is not None:
            found.append((str(path), label))
    return found


def _v4l2_name(path: Path) -> str | None:
    """The card's name if the node captures video; a webcam also has a metadata node that does not."""
    import fcntl  # Linux only

    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        answer = fcntl.ioctl(handle, _VIDIOC_QUERYCAP, bytes(104))
    except OSError:
        return None
    finally:
        os.close(handle)
    # struct v4l2_capability: driver[16] card[32] bus_info[32] version capabilities device_caps reserved[3]
    capabilities, device = struct.unpack_from("II", answer, 84)
    effective = device if capabilities & _DEVICE_CAPS else capabilities
    if not effective & _CAPTURE or effective & _META:
        return None
    return answer[16:48].split(b"\0")[0].decode("utf-8", "replace")


def _windows() -> list[tuple[str, str]]:
    """Present camera interfaces in the order of the device manager, which is that of Media Foundation's indexes."""
    manager = ctypes.WinDLL("cfgmgr32")  # type: ignore[attr-defined,unused-ignore]
    guid = (ctypes.c_byte * 16).from_buffer_copy(uuid.UUID(_VIDEO_CAMERA).bytes_le)
    length = ctypes.c_ulong()
    if manager.CM_Get_Device_Interface_List_SizeW(ctypes.byref(length), guid, None, 0) != 0 or length.value < 2:
        return []
    buffer = ctypes.create_unicode_buffer(length.value)
    if manager.CM_Get_Device_Interface_ListW(guid, None, buffer, length, 0) != 0:
        return []
    paths = [path for path in ctypes.wstring_at(buffer, length.value).split("\0") if path]
    return [(str(index), _windows_label(path, index)) for index, path in enumerate(paths)]


def _windows_label(path: str, index: int) -> str:
    r"""``\\?\usb#vid_046d&pid_082d&mi_00#...`` carries the USB ids, enough to tell two cameras apart."""
    parts = path.split("#")
    return f"Kamera {index} ({parts[1]})" if len(parts) > 1 else f"Kamera {index}"
