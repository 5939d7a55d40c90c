"""The lines of a text file, in chunks for those who read many at once and one by one for those who look closely."""

from pathlib import Path
from typing import BinaryIO

from sterna.engine.errors import BadInput

CHUNK = 4 * 1024 * 1024
# A file without line breaks would otherwise be read into memory whole.
LONGEST_LINE = 16 * 1024 * 1024
MARK = b"\xef\xbb\xbf"
# What is to be done about letters of another encoding.
CHOOSE = "write the file's real encoding into the mapping (utf-8 or cp1252)"


class Lines:
    """An iterator of decoded lines, each with its break; `number` is the line read last, from 1.

    A byte order mark is no part of the first column's name, whatever the mapping says of the encoding.
    """

    def __init__(self, file: BinaryIO, path: Path, encoding: str, advice: str = CHOOSE) -> None:
        self.number = 0
        self.loaded = 0
        self.path = path
        self.encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self._file = file
        self._advice = advice
        self._held = b""
        self._at = 0

    def __iter__(self) -> "Lines":
        return self

    def chunk(self) -> bytes:
        """The whole lines that are held and not read yet, loading more when there are none; empty at the end."""
        if self._at == len(self._held):
            self._load()
        return self._held[self._at :]

    def pass_chunk(self) -> None:
        """Go behind the lines that are held."""
        rest = self._held[self._at :]
        self.number += rest.count(b"\n") + (not rest.endswith(b"\n") and bool(rest))
        self._at = len(self._held)

    def _load(self) -> None:
        first = not self.loaded
        held = self._file.read(CHUNK)
        if held and not held.endswith(b"\n"):
            held += self._file.readline(LONGEST_LINE)
        self._held, self._at = held, len(MARK) if first and held.startswith(MARK) else 0
        self.loaded += 1

    def __next__(self) -> str:
        if self._at == len(self._held):
            self._load()
            if self._at == len(self._held):
                raise StopIteration
        end = self._held.find(b"\n", self._at) + 1 or len(self._held)
        line, self._at = self._held[self._at : end], end
        self.number += 1
        if len(line) >= LONGEST_LINE:
            raise BadInput(f"{self.path} line {self.number}: is longer than {LONGEST_LINE:,} bytes")
        try:
            return line.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise BadInput(
                f"{self.path} line {self.number}: byte 0x{line[error.start]:02X} at position {error.start + 1} is "
                f"not {self.encoding}; {self._advice}"
            ) from None
