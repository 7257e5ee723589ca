#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes seeds for a fuzz target: what the unit tests of the same reader feed it with.

Usage: script/fuzz-seeds.py TARGET DIRECTORY
Each text or hexadecimal literal in those tests becomes a file, behind the choices that
Tests/Fuzz reads first.
"""

import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).parent.parent / "Tests" / "CodecsTests"
# Where a target's literals stand, and what chooses before them: a piece size, then bits.
SOURCES = {
    "HTTPRequest": ("HTTP/*.swift", [b"\x03\x00", b"\x01\x01"]),
    "HTTPResponse": ("HTTP/*Response*.swift", [b"\x03\x00", b"\x01\x01"]),
    "WebSocket": (
        "WebSocket/*.swift",
        [bytes((3, flags)) for flags in (0x00, 0x01, 0xE2, 0xE3, 0xE6, 0xEA)],
    ),
    "Resume": ("SSE/*.swift", [b"\x03\x00", b"\x01\x01"]),
    "JSON": ("JSON/*.swift", [b""]),
    # Three paths, each a number of steps and its steps: .a, .a[0] and none.
    "JSONPaths": ("JSON/*.swift", [b"\x01\x01\x02\x01\x00\x00"]),
    "Token": ("Tokens/*.swift", [b""]),
}
# Adjoining literals of one expression are one text.
TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*\+\s*"(?:[^"\\\n]|\\.)*")*')
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|(.))")
SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


def unescaped(text):
    return ESCAPE.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else SIMPLE.get(found[2], found[2]), text
    )


def seeds_of(path):
    """Yields the bytes of each literal of a test file."""
    for found in TEXT.finditer(path.read_text(encoding="utf-8")):
        text = "".join(LITERAL.findall(found[0]))
        if re.fullmatch(r"(?:[0-9a-f]{2}|\s)+", text):
            yield bytes.fromhex(text)
        yield unescaped(text).encode("utf-8", "surrogatepass")


def main():
    target, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    pattern, choices = SOURCES[target]
    directory.mkdir(parents=True, exist_ok=True)
    seeds = {seed for path in sorted(TESTS.glob(pattern)) for seed in seeds_of(path)}
    for number, seed in enumerate(sorted(seeds)):
        for variant, choice in enumerate(choices):
            (directory / f"{number:04}-{variant}").write_bytes(choice + seed)


if __name__ == "__main__":
    main()
