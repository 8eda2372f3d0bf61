"""SANE's own `test` backend with a configuration folder of one's own: a scanner nobody here wrote."""

from __future__ import annotations

from pathlib import Path

LIBRARIES = ("/usr/lib/x86_64-linux-gnu/sane", "/usr/lib/aarch64-linux-gnu/sane", "/usr/lib64/sane", "/usr/lib/sane")


def missing() -> str:
    """Why it cannot run here, or empty."""
    try:
        import sane  # noqa: F401
    except ImportError:
        return "python-sane is not installed"
    if not any(Path(folder, "libsane-test.so.1").exists() for folder in LIBRARIES):
        return "SANE's test backend is not installed (sane-utils, libsane)"
    return ""


class TestBackend:
    """Writes the folder; each worker that starts afterwards reads it anew, so a fault is a changed file."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        (folder / "dll.d").mkdir(exist_ok=True)
        self.set()

    def unplug(self) -> None:
        self.set(devices=1)
        conf = self.folder / "test.conf"
        conf.write_text(conf.read_text().replace("number_of_devices 1", "number_of_devices 0"))
        (self.folder / "dll.conf").write_text("# no backend\n")

    def set(self, status: str = "Default", devices: int = 1, slow: bool = False, **more: str) -> None:
        """``status``: what sane_read() returns, without ``SANE_STATUS_``. ``slow``: reading never gets anywhere."""
        (self.folder / "dll.conf").write_text("test\n")
        lines = {
            "number_of_devices": str(devices), "mode": "Gray", "depth": "8", "resolution_min": "75.0", "resolution_max": "600.0",
            "resolution_quant": "1.0", "resolution": "75.0", "test-picture": '"Color pattern"', "geometry_min": "0.0",
            "geometry_max": "300.0", "geometry_quant": "1.0", "br_x": "80.0", "br_y": "100.0",
            "read-status-code": f'"{status if status == "Default" else "SANE_STATUS_" + status}"',
            "read-delay": str(slow).lower(), "read-delay-duration": "200000", "read-limit": str(slow).lower(), "read-limit-size": "256",
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        (self.folder / "test.conf").write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
