"""What Gambit's two file formats share: words with their places, numbers, and how a file is written."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, NoReturn

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]|[^\s{},"]+|(?P<open>")', re.DOTALL)


class Token(NamedTuple):
    """One word of a file: a quoted text (quotes included), a brace, or anything else up to the next blank."""

    text: str
    start: int


class Reader:
    """Reads a Gambit file word by word; every error names line and column."""

    def __init__(self, path: Path):
        try:
            self.content = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise FileNotFoundError(f"there is no file {path}") from None
        except UnicodeDecodeError:
            raise ValueError(f"{path} is no Gambit file: it is not text in UTF-8") from None
        self.path = path
        self.tokens = []
        self.next = 0
        for match in _TOKEN.finditer(self.content):
            self.tokens.append(Token(match.group(), match.start()))
            if match.group("open"):
                self.next = len(self.tokens) - 1
                self.fail("a quoted text does not end")

    def fail(self, message: str, back: int = 0) -> NoReturn:
        """Raises ValueError at the next word, or `back` words before it."""
        at = self.next - back
        start = self.tokens[at].start if at < len(self.tokens) else len(self.content)
        line = self.content.count("\n", 0, start) + 1
        column = start - (self.content.rfind("\n", 0, start) + 1) + 1
        raise ValueError(f"{self.path}, line {line}, column {column}: {message}")

    @property
    def peek(self) -> str:
        """The next word, empty at the end of the file."""
        return self.tokens[self.next].text if self.next < len(self.tokens) else ""

    def word(self, what: str) -> str:
        """The next word, whatever it is."""
        if not self.peek:
            self.fail(f"the file ends where {what} should stand")
        self.next += 1
        return self.tokens[self.next - 1].text

    def expect(self, text: str, what: str) -> None:
        """Passes over one given word."""
        if self.word(what) != text:
            self.fail(f"{what} ({text}) expected, found {self.tokens[self.next - 1].text!r}", 1)

    def text(self, what: str) -> str:
        """A quoted text, without its quotes."""
        word = self.word(what)
        if not word.startswith('"'):
            self.fail(f"{what} (in quotes) expected, found {word!r}", 1)
        return re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL)

    def whole(self, what: str, low: int, high: int | None = None) -> int:
        """A whole number of at least `low` and at most `high`."""
        word = self.word(what)
        if not re.fullmatch(r"\d+", word) or int(word) < low or (high is not None and int(word) > high):
            limit = f"from {low} to {high}" if high is not None else f"of at least {low}"
            self.fail(f"{what} must be a whole number {limit}, found {word!r}", 1)
        return int(word)

    def number(self, what: str) -> float:
        """A decimal number or a fraction such as 1/3; finite."""
        return float(self.fraction(what))

    def fraction(self, what: str) -> Fraction:
        """A decimal number or a fraction such as 1/3, exact; within the range of floats."""
        word = self.word(what)
        try:
            found = Fraction(word)
            float(found)
            return found
        except (ValueError, ZeroDivisionError, OverflowError):
            self.fail(f"{what} must be a number, found {word!r}", 1)

    def header(self, *words: str) -> tuple[str, int]:
        """The file's first words, title and players. -> (title, number of players)"""
        for word in (*words, "R"):
            found = self.word("the file's first line")
            if found != word and (word, found) != ("R", "D"):
                self.fail(f"the file must begin with {' '.join(words)} R; found {found!r} for {word}", 1)
        title, players = self.text("the title"), self.texts("the players' names")
        if not players:
            self.fail("a game needs at least one player", 1)
        return title, len(players)

    def comment(self) -> None:
        """Passes over a comment, if one stands here."""
        if self.peek.startswith('"'):
            self.text("the comment")

    def end(self) -> None:
        """Fails where anything is left."""
        if self.peek:
            self.fail(f"the game is complete, but {self.peek!r} follows")

    def texts(self, what: str) -> list[str]:
        """Quoted texts in braces."""
        found = []
        self.expect("{", f"the opening brace of {what}")
        while self.peek != "}":
            found.append(self.text(what))
        self.next += 1
        return found

    def numbers(self, what: str, count: int) -> list[float]:
        """So many numbers in braces."""
        self.expect("{", f"the opening brace of {what}")
        found = [self.number(what) for _ in range(count)]
        self.expect("}", f"the closing brace after {count} {what}")
        return found


def quoted(text: str) -> str:
    """A text as Gambit's formats write it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def plain(number: float) -> str:
    """A float without an exponent, exact when read back."""
    return format(Decimal(repr(float(number))), "f").removesuffix(".0")


def distribution(probabilities: Sequence[float]) -> list[str]:
    """Probabilities as numbers that sum to one exactly, as Gambit demands: small fractions where these are meant."""
    small = [Fraction(p).limit_denominator(1_000_000) for p in probabilities]
    if sum(small) != 1 or any(float(f) != p for f, p in zip(small, probabilities)):
        small = [Fraction(p) for p in probabilities]
        largest = max(range(len(small)), key=small.__getitem__)
        small[largest] += 1 - sum(small)
    return [str(f) for f in small]


def write(path: Path, lines: Sequence[str]) -> None:
    """Writes a text file to a temporary name beside `path` and renames it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
