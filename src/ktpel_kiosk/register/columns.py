"""The four column types of the register, as SQLModel fields."""

from __future__ import annotations

from typing import Any

from sqlalchemy import REAL, Integer, LargeBinary, Text
from sqlmodel import Field


def text(**more: Any) -> Any:
    return Field(sa_type=Text, **more)


def whole(**more: Any) -> Any:
    return Field(sa_type=Integer, **more)


def number(**more: Any) -> Any:
    return Field(sa_type=REAL, **more)


def blob(**more: Any) -> Any:
    return Field(sa_type=LargeBinary, **more)
