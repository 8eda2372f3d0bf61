"""A module with the names and codes of python-gphoto2, for the troubles that the library's own virtual camera cannot have.

The worker imports it as ``gphoto2``; it reads its scene from the folder in KTPEL_GPHOTO_SCENE at each call.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

GP_ERROR, GP_ERROR_BAD_PARAMETERS, GP_ERROR_NOT_SUPPORTED, GP_ERROR_IO, GP_ERROR_TIMEOUT = -1, -2, -6, -7, -10
GP_ERROR_UNKNOWN_PORT, GP_ERROR_IO_READ, GP_ERROR_IO_WRITE, GP_ERROR_IO_USB_FIND, GP_ERROR_IO_USB_CLAIM, GP_ERROR_IO_LOCK = (
    -5, -34, -35, -52, -53, -60)
GP_ERROR_MODEL_NOT_FOUND, GP_ERROR_FILE_NOT_FOUND, GP_ERROR_CAMERA_BUSY, GP_ERROR_CAMERA_ERROR, GP_ERROR_NO_SPACE = (
    -105, -108, -110, -113, -115)
GP_OPERATION_CAPTURE_IMAGE, GP_OPERATION_CAPTURE_PREVIEW = 1, 8
GP_CAPTURE_IMAGE, GP_FILE_TYPE_NORMAL, GP_EVENT_TIMEOUT, GP_EVENT_FILE_ADDED = 0, 1, 1, 2
FOLDER = Path(os.environ.get("KTPEL_GPHOTO_SCENE", "."))


class GPhoto2Error(Exception):
    def __init__(self, code):
        super().__init__(f"[{code}]")
        self.code = code


def scene():
    return json.loads((FOLDER / "scene.json").read_text())


def maybe(operation, context=None):
    """``{"fail": {"capture": [code, text, times]}}``"""
    told = scene()
    fault = told.get("fail", {}).get(operation)
    if fault and fault[2] != 0:
        fault[2] -= 1
        (FOLDER / "scene.json").write_text(json.dumps(told))
        if fault[1] and context is not None and context.said is not None:
            context.said(context, fault[1].encode(), None)
        raise GPhoto2Error(fault[0])


class Context:
    said = None

    def set_error_func(self, function, data):
        self.said = function
        return object()


class _List:
    def __init__(self, rows):
        self._rows = rows

    def count(self):
        return len(self._rows)

    def get_name(self, i):
        return self._rows[i][0]

    def get_value(self, i):
        return self._rows[i][1]


class PortInfoList:
    def load(self):
        return 1

    def lookup_path(self, path):
        return 0

    def get_info(self, index):
        return index


class CameraAbilitiesList:
    def load(self, context=None):
        return None

    def lookup_model(self, model):
        return 0

    def get_abilities(self, index):
        return index


class _Abilities:
    model = "Contoh D1"

    @property
    def operations(self):
        return scene().get("operations", GP_OPERATION_CAPTURE_IMAGE | GP_OPERATION_CAPTURE_PREVIEW)


class _Widget:
    def __init__(self, name):
        self.name = name
        self.choices = {"capturetarget": ["Memory card", "Internal RAM"], "imageformat": ["RAW", "Large Fine JPEG"]}.get(name, [])
        self.value = scene().get("config", {}).get(name)
        if self.value is None:
            raise GPhoto2Error(GP_ERROR_BAD_PARAMETERS)

    def get_value(self):
        return self.value

    def set_value(self, value):
        self.value = value

    def count_choices(self):
        return len(self.choices)

    def get_choice(self, i):
        return self.choices[i]


class _Path:
    folder = "/store/DCIM"

    def __init__(self, name):
        self.name = name


class CameraFile:
    data = b""

    def get_data_and_size(self):
        return memoryview(self.data)


class Camera:
    @staticmethod
    def autodetect():
        maybe("autodetect")
        return _List(scene().get("cameras", [["Contoh D1", "usb:001,004"]]))

    def set_port_info(self, info):
        return None

    def set_abilities(self, abilities):
        return None

    def init(self, context):
        maybe("init", context)

    def get_abilities(self):
        return _Abilities()

    def get_single_config(self, name, context):
        maybe("config", context)
        return _Widget(name)

    def set_single_config(self, name, widget, context):
        told = scene()
        told["config"][name] = widget.get_value()
        (FOLDER / "scene.json").write_text(json.dumps(told))

    def capture_preview(self, camera_file, context):
        maybe("preview", context)
        camera_file.data = (FOLDER / "preview.jpg").read_bytes()

    def capture(self, kind, context):
        maybe("capture", context)
        return _Path(scene().get("names", ["IMG_1.JPG"])[0])

    def wait_for_event(self, timeout, context):
        names = scene().get("names", ["IMG_1.JPG"])
        return (GP_EVENT_FILE_ADDED, _Path(names[1])) if len(names) > 1 else (GP_EVENT_TIMEOUT, None)

    def file_get(self, folder, name, kind, camera_file, context):
        maybe("get", context)
        camera_file.data = (FOLDER / "still.jpg").read_bytes()

    def file_delete(self, folder, name, context):
        maybe("delete", context)
        with (FOLDER / "deleted").open("a") as log:
            log.write(name + "\n")
