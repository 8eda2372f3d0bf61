"""WIA's automation objects as wiaaut.dll has them: 1-based collections, properties by number, com_error behind DISP_E_EXCEPTION."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

CODES = {"jam": 0x80210002, "empty": 0x80210003, "offline": 0x80210005, "busy": 0x80210006, "line": 0x8021000A, "cover": 0x80210016,
         "strange": 0x80004005}


class ComError(Exception):
    """pywintypes.com_error: hresult, text, excepinfo, argerror."""

    def __init__(self, code: int) -> None:
        signed = code - (1 << 32)
        super().__init__(-2147352567, "Exception occurred.", (0, "WIA", "text of the driver", None, 0, signed), None)
        self.hresult, self.excepinfo = -2147352567, (0, "WIA", "text of the driver", None, 0, signed)


class Collection:
    def __init__(self, values: list[Any]) -> None:
        self._values = values
        self.Count = len(values)

    def Item(self, number: int) -> Any:
        if not 1 <= number <= len(self._values):
            raise ComError(0x80210065)
        return self._values[number - 1]


class Property:
    def __init__(self, value: Any, *, read_only: bool = False, span: tuple[int, int] | None = None,
                 offered: list[int] | None = None) -> None:
        self._value, self.IsReadOnly, self._offered = value, read_only, offered
        self.SubType = 1 if span else 2 if offered else 0
        if span:
            self.SubTypeMin, self.SubTypeMax = span
        if offered:
            self.SubTypeValues = Collection(list(offered))

    @property
    def Value(self) -> Any:
        return self._value

    @Value.setter
    def Value(self, value: Any) -> None:
        if self.IsReadOnly or (self.SubType == 1 and not self.SubTypeMin <= value <= self.SubTypeMax) \
                or (self._offered and value not in self._offered):
            raise ComError(0x80070057)
        self._value = value


class Properties:
    def __init__(self, values: dict[str, Property]) -> None:
        self._values = values

    def Exists(self, name: str) -> bool:
        return name in self._values

    def Item(self, name: str) -> Property:
        if name not in self._values:
            raise ComError(0x8021006A)
        return self._values[name]


class Scanner:
    """A flatbed with an optional feeder of so many sheets."""

    def __init__(self, sheets: int = 0, *, feeder: bool = True, flatbed: bool = True, duplex: bool = False,
                 resolutions: list[int] | None = None) -> None:
        self.sheets, self.fault, self.after, self.connected, self.damaged, self.plugged = sheets, "", 0, 0, False, True
        offered = resolutions or [75, 150, 200, 300, 600]
        self.root: dict[str, Property] = {}
        if feeder:
            can = 1 + 2 * flatbed + 4 * duplex
            self.root = {"3086": Property(can, read_only=True), "3087": Property(0, read_only=True), "3088": Property(2 if flatbed else 1),
                         "3096": Property(0)}
        self.item = {name: Property(offered[0], offered=offered) for name in ("6147", "6148")}
        self.item |= {"6146": Property(2), "6149": Property(0), "6150": Property(0), "6151": Property(100, span=(1, 8500)),
                      "6152": Property(100, span=(1, 11000))}
        self.served = 0

    # what automation sees

    DeviceID, Type = "{6BDD1FC6-810F-11D0-BEC7-08002BE2092F}\\0000", 1

    def __call__(self, name: str) -> Any:
        assert name == "WIA.DeviceManager"
        camera = type("Camera", (), {"Type": 2, "DeviceID": "camera"})()
        return type("Manager", (), {"DeviceInfos": Collection([camera, *([self] if self.plugged else [])])})()

    @property
    def Properties(self) -> Properties:
        return Properties({"Name": Property("Contoh Flat 100"), "Manufacturer": Property("Contoh")})

    def Connect(self) -> Any:
        if self.fault in ("busy", "offline"):
            raise ComError(CODES[self.fault])
        self.connected += 1
        self.served = 0
        if "3087" in self.root:
            self.root["3087"] = Property(int(self.sheets > 0), read_only=True)
        page = type("Item", (), {"Properties": Properties(self.item), "Transfer": lambda _self, form: self.transfer(form)})()
        return type("Device", (), {"Properties": Properties(self.root), "Items": Collection([page])})()

    def transfer(self, form: str) -> Any:
        assert form == "{B96B3CAB-0728-11D3-9D7B-0000F81EF32E}"
        if self.fault and self.served >= self.after:
            raise ComError(CODES[self.fault])
        if self.root and self.root["3088"].Value & 1:
            if self.sheets <= 0:
                raise ComError(CODES["empty"])
            self.sheets -= 1
        self.served += 1
        ppi, size = self.item["6147"].Value, (self.item["6151"].Value, self.item["6152"].Value)
        out = io.BytesIO()
        Image.new("RGB", size, (200, 100, self.served)).save(out, "BMP")
        data = memoryview(b"BM" if self.damaged else out.getvalue())
        return type("ImageFile", (), {"HorizontalResolution": float(ppi), "FileData": type("Vector", (), {"BinaryData": data})()})()
