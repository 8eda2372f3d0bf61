"""Where things stand in a TOML text: tomllib gives values without positions, people need the line.

The text must already have passed ``tomllib``; this walk only follows its shape and never judges it. A path is a tuple of keys
and 0-based indexes: ``("langkah", 2, "tahap", 0)`` is the first element of ``tahap`` in the third ``[[langkah]]``.
"""

from __future__ import annotations

from bisect import bisect_right

Path = tuple[str | int, ...]


class TomlLines:
    """Line numbers (1-based) and places of values by path."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0] + [i + 1 for i, c in enumerate(text) if c == "\n"]
        self._lines: dict[Path, int] = {}
        self._spans: dict[Path, tuple[int, int]] = {}
        self._array_tables: dict[Path, int] = {}
        self._walk()

    def line(self, *path: str | int) -> int:
        """The line of ``path``, or of the nearest thing around it that has one; 1 when nothing has."""
        for length in range(len(path), 0, -1):
            found = self._lines.get(path[:length])
            if found is not None:
                return found
        return 1

    def span(self, *path: str | int) -> tuple[int, int] | None:
        """Where the value of a key stands in the text, first character and the one after the last; ``None`` for a table or no such key."""
        return self._spans.get(path)

    def _note(self, path: Path, position: int) -> None:
        self._lines.setdefault(path, bisect_right(self._starts, position))

    def _walk(self) -> None:
        position, table = 0, ()  # type: tuple[int, Path]
        while (position := self._skip(position)) < len(self._text):
            if self._text[position] == "[":
                position, table = self._header(position)
            else:
                position = self._pair(position, table)

    def _skip(self, position: int, also: str = "") -> int:
        """Past blanks, newlines, comments and the characters in ``also``."""
        text, end = self._text, len(self._text)
        while position < end:
            c = text[position]
            if c == "#":
                newline = text.find("\n", position)
                position = end if newline < 0 else newline
            elif c in " \t\r\n" or c in also:
                position += 1
            else:
                break
        return position

    def _header(self, position: int) -> tuple[int, Path]:
        """``[a.b]`` or ``[[a.b]]``; returns where it ends and the path its keys live under."""
        double = self._text.startswith("[[", position)
        keys, after = self._keys(position + (2 if double else 1), "]")
        path: Path = ()
        for key in keys[:-1]:
            path = self._inside((*path, key))
        path = (*path, keys[-1])
        if double:
            self._array_tables[path] = self._array_tables.get(path, -1) + 1
            self._note(path, position)
            path = (*path, self._array_tables[path])
        self._note(path, position)
        return after + (2 if double else 1), path

    def _inside(self, path: Path) -> Path:
        return (*path, self._array_tables[path]) if path in self._array_tables else path

    def _keys(self, position: int, stop: str) -> tuple[list[str], int]:
        """A dotted key up to ``stop``; returns its parts and the position of ``stop``."""
        keys: list[str] = []
        while True:
            position = self._skip(position, ".")
            c = self._text[position]
            if c == stop:
                return keys, position
            if c in "\"'":
                end = self._string_end(position)
                keys.append(self._text[position + 1:end - 1])
            else:
                end = position
                while self._text[end] not in f". \t{stop}":
                    end += 1
                keys.append(self._text[position:end])
            position = end

    def _pair(self, position: int, table: Path) -> int:
        keys, equals = self._keys(position, "=")
        for length in range(1, len(keys) + 1):
            self._note((*table, *keys[:length]), position)
        begin = self._skip(equals + 1)
        end = self._value(begin, (*table, *keys))
        self._spans.setdefault((*table, *keys), (begin, begin + len(self._text[begin:end].rstrip())))
        return end

    def _value(self, position: int, path: Path) -> int:
        """Past one value; notes the elements of arrays and the keys of inline tables."""
        c = self._text[position]
        if c in "\"'":
            return self._string_end(position)
        if c == "[":
            return self._array(position + 1, path)
        if c == "{":
            position = self._skip(position + 1)
            while self._text[position] != "}":
                position = self._skip(self._pair(position, path), ",")
            return position + 1
        while position < len(self._text) and self._text[position] not in ",]}\n#":
            position += 1
        return position

    def _array(self, position: int, path: Path) -> int:
        index = 0
        position = self._skip(position)
        while self._text[position] != "]":
            self._note((*path, index), position)
            position = self._skip(self._value(position, (*path, index)), ",")
            index += 1
        return position + 1

    def _string_end(self, position: int) -> int:
        """Position after the string that begins here."""
        quote = self._text[position]
        long = self._text.startswith(quote * 3, position)
        closing = quote * (3 if long else 1)
        position += len(closing)
        while not self._text.startswith(closing, position):
            position += 2 if quote == '"' and self._text[position] == "\\" else 1
        position += len(closing)
        while long and position < len(self._text) and self._text[position] == quote:
            position += 1
        return position
