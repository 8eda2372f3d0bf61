"""Algorithms behind names: what a plug-in must do per modality, the built-in ones, and a vendor's loaded when configuration names it.

A slot is ``modality.operation``, e.g. ``finger.match`` or ``face.quality``. A plug-in is an object with a method of the operation's
name; it speaks in values of the house (RawImage, Quality, bytes), never in arrays. A vendor's plug-in is a Python entry point of the
group ``ktpel_kiosk.biometrics``: its name is what configuration says, its value a callable without arguments that gives the object.
Nothing is looked up, let alone imported, unless configuration names it.

A plug-in that cannot be loaded, raises, or answers nonsense is set aside for the rest of the run: the built-in one does the work and
:meth:`Plugins.troubles` says why. BadInput and CaptureFailed are answers about the sample, not failures. Any thread.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any, Protocol, runtime_checkable

from ktpel_kiosk.domain.biometric import Position, Quality, RawImage
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed

GROUP = "ktpel_kiosk.biometrics"
BUILT_IN = "built-in"
MODALITIES = ("finger", "face", "iris", "signature")
OPERATIONS = ("quality", "extract", "match", "segment")

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""


@runtime_checkable
class QualityAlgorithm(Protocol):
    """Slot ``*.quality``."""

    def quality(self, image: RawImage, position: Position) -> Quality:
        """Score 0..100 (255: not computable) under the algorithm's own name and ids. A face comes cropped as stored."""
        ...


@runtime_checkable
class Extractor(Protocol):
    """Slot ``*.extract``."""

    def extract(self, image: RawImage) -> bytes:
        """The comparable template; for fingers an ISO/IEC 19794-2:2005 record of one view, 500 ppi."""
        ...


@runtime_checkable
class Matcher(Protocol):
    """Slot ``*.match``."""

    def match(self, probe: bytes, reference: bytes) -> float:
        """Similarity 0..1 of two templates of the same slot's extractor; 0.5 is the algorithm's own 1:1 decision point."""
        ...


@runtime_checkable
class FingerSegmenter(Protocol):
    """Slot ``finger.segment``."""

    def segment(self, image: RawImage, expected: int) -> Sequence[Box]:
        """Fingertips on a platen from left to right."""
        ...


@runtime_checkable
class MaskSegmenter(Protocol):
    """Slots ``face.segment`` (the person) and ``iris.segment`` (the visible iris)."""

    def segment(self, image: RawImage) -> RawImage:
        """Grey mask of the image's size, 255 inside."""
        ...


def slots() -> tuple[str, ...]:
    return tuple(f"{m}.{o}" for m in MODALITIES for o in OPERATIONS)


def _protocol(slot: str) -> type[Any]:
    modality, operation = slot.split(".")
    if operation == "segment":
        return FingerSegmenter if modality == "finger" else MaskSegmenter
    found: dict[str, type[Any]] = {"quality": QualityAlgorithm, "extract": Extractor, "match": Matcher}
    return found[operation]


class Plugins:
    """Which algorithm does which work.

    Args:
        wanted: slot -> plug-in name; a slot not named is done by the built-in algorithm. ``built-in`` says so aloud.

    A slot that does not exist and a name that leads nowhere are troubles, not errors: the desk goes on.
    """

    def __init__(self, wanted: Mapping[str, str] | None = None) -> None:
        self._wanted = {s: n for s, n in (wanted or {}).items() if n != BUILT_IN}
        self._known: dict[str, Callable[[], object]] = {}
        self._made: dict[str, object] = {}
        self._troubles: dict[str, str] = {}
        self._lock = threading.RLock()

    def register(self, name: str, factory: Callable[[], object]) -> None:
        """A plug-in of the house's own under ``name``, made on first use; wins over an entry point of the same name."""
        self._known[name] = factory

    def name(self, slot: str) -> str:
        """Who does the work now."""
        return self._wanted[slot] if self._plugin(slot) is not None else BUILT_IN

    def troubles(self) -> Mapping[str, str]:
        """Slot -> ``ok`` or why its configured plug-in was set aside; loads what is not loaded yet."""
        for slot in self._wanted:
            self._plugin(slot)
        with self._lock:
            return {f"{slot}={name}": self._troubles.get(slot, "ok") for slot, name in self._wanted.items()}

    def call(self, slot: str, built_in: Callable[[], Any], *arguments: Any, convert: Callable[[Any], Any] | None = None) -> Any:
        """The plug-in's answer to ``arguments`` when one is configured and sound, else ``built_in()``.

        ``convert`` turns the answer into what ``built_in`` gives; when that fails in any way the answer was not sound.
        """
        plugin = self._plugin(slot)
        if plugin is None:
            return built_in()
        try:
            answer = getattr(plugin, slot.split(".")[1])(*arguments)
            wrong = _nonsense(slot, answer, arguments)
        except (BadInput, CaptureFailed):
            raise
        except Exception as trouble:  # foreign code fails in any way
            wrong = f"{type(trouble).__name__}: {trouble}"
        if not wrong:
            try:
                return convert(answer) if convert else answer
            except Exception as trouble:
                wrong = f"{type(trouble).__name__}: {trouble}"
        self._set_aside(slot, wrong)
        return built_in()

    def _plugin(self, slot: str) -> object | None:
        with self._lock:
            if slot not in self._wanted or slot in self._troubles:
                return None
            name = self._wanted[slot]
            if slot not in slots():
                self._set_aside(slot, f"no such slot; there are {', '.join(slots())}")
                return None
            try:
                if name not in self._made:
                    self._made[name] = self._factory(name)()
                if isinstance(self._made[name], _protocol(slot)):
                    return self._made[name]
                self._set_aside(slot, f"has no {slot.split('.')[1]}()")
            except Exception as trouble:  # importing a vendor's library may fail in any way
                self._set_aside(slot, f"{type(trouble).__name__}: {trouble}")
            return None

    def _factory(self, name: str) -> Callable[[], object]:
        if name in self._known:
            return self._known[name]
        found = metadata.entry_points(group=GROUP, name=name)
        if not found:
            raise LookupError(f"no entry point {name!r} in group {GROUP}")
        made: Callable[[], object] = next(iter(found)).load()
        return made

    def _set_aside(self, slot: str, why: str) -> None:
        with self._lock:
            self._troubles.setdefault(slot, why[:200])


def _nonsense(slot: str, answer: Any, arguments: tuple[Any, ...]) -> str:
    """Why an answer cannot be used; empty when it can."""
    modality, operation = slot.split(".")
    if operation == "match":
        fine = isinstance(answer, int | float) and math.isfinite(answer) and 0 <= answer <= 1
    elif operation == "quality":
        fine = isinstance(answer, Quality) and (0 <= answer.score <= 100 or answer.score == 255)
    elif operation == "extract":
        fine = isinstance(answer, bytes) and bool(answer)
    elif modality == "finger":
        fine = isinstance(answer, Sequence) and all(_inside(b, arguments[0]) for b in answer)
    else:
        image: RawImage = arguments[0]
        fine = isinstance(answer, RawImage) and answer.channels == 1 and answer.width == image.width and answer.height == image.height
    return "" if fine else f"answered {type(answer).__name__} {str(answer)[:60]}"


def _inside(box: Any, image: RawImage) -> bool:
    if not (isinstance(box, tuple) and len(box) == 4 and all(isinstance(v, int) for v in box)):
        return False
    x, y, width, height = box
    return bool(x >= 0 and y >= 0 and width > 0 and height > 0 and x + width <= image.width and y + height <= image.height)
