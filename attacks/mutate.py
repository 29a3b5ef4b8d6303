"""Damage a file as chance, a bad disk or an attacker would: a few bytes, a length, a part twice, a part gone.

Most of what is changed is changed little, so that the first checks of whoever reads it are passed. A PNG is a row of
chunks with checksums: those are mended again, else hardly any change would get past them.
"""

import struct
import zlib
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

Change: TypeAlias = Callable[[bytearray, np.random.Generator], None]

PNG = b"\x89PNG\r\n\x1a\n"
HEAD = 512  # Bytes at a file's beginning, where most of what steers its reader stands.
LONGEST = 1_000_000  # Bytes that a part has at most that is put in.
VALUES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """Return the content of a file with some damage; the same for the same state of `random`."""
    if content.startswith(PNG) and random.random() < 0.75:
        return _mutated_png(content, random)
    changed = bytearray(content)
    for _ in range(_few(random)):
        CHANGES[random.integers(len(CHANGES))](changed, random)
    return bytes(changed)


def _few(random: np.random.Generator) -> int:
    """Return how many changes to make: mostly one, seldom many."""
    return int(min(random.geometric(0.5), 12))


def _place(size: int, random: np.random.Generator) -> int:
    """Return a place in content of a size; in half of all cases near its beginning."""
    near = min(size, HEAD) if random.random() < 0.5 else size
    return int(random.integers(max(near, 1)))


def _part(content: bytearray, random: np.random.Generator) -> tuple[int, int]:
    """Return where a part begins and ends: mostly a short one."""
    start = _place(len(content), random)
    length = 1 + int(min(random.pareto(0.6) * 4, LONGEST))
    return start, min(start + length, len(content))


def _flip(content: bytearray, random: np.random.Generator) -> None:
    """Turn over one bit."""
    if content:
        content[_place(len(content), random)] ^= 1 << random.integers(8)


def _set(content: bytearray, random: np.random.Generator) -> None:
    """Put a whole number of 1, 2, 4 or 8 bytes somewhere, as lengths and counts are: a strange one, or near the old."""
    size = int(random.choice([1, 2, 4, 8]))
    if len(content) < size:
        return
    at = min(_place(len(content), random), len(content) - size)
    order = "<" if random.random() < 0.5 else ">"
    kind = order + {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
    (old,) = struct.unpack_from(kind, content, at)
    near = old + int(random.integers(-16, 17))
    value = near if random.random() < 0.3 else int(random.choice(VALUES))
    struct.pack_into(kind, content, at, value % (1 << 8 * size))


def _cut(content: bytearray, random: np.random.Generator) -> None:
    """Leave out a part, or all from a place on."""
    start, end = _part(content, random)
    del content[start : end if random.random() < 0.7 else len(content)]


def _repeat(content: bytearray, random: np.random.Generator) -> None:
    """Put a part in again, once or many times."""
    start, end = _part(content, random)
    times = 1 if random.random() < 0.7 else int(random.integers(2, 1000))
    times = max(min(times, LONGEST // max(end - start, 1)), 1)
    content[start:start] = bytes(content[start:end]) * times


def _splice(content: bytearray, random: np.random.Generator) -> None:
    """Copy a part over another place."""
    start, end = _part(content, random)
    at = _place(len(content), random)
    content[at : at + end - start] = content[start:end]


def _fill(content: bytearray, random: np.random.Generator) -> None:
    """Make a part one value, or noise."""
    start, end = _part(content, random)
    if random.random() < 0.5:
        content[start:end] = bytes([int(random.choice([0, 0x20, 0x39, 0x7F, 0xFF]))]) * (end - start)
    else:
        content[start:end] = random.bytes(end - start)


def _insert(content: bytearray, random: np.random.Generator) -> None:
    """Put noise in between."""
    start, end = _part(content, random)
    content[start:start] = random.bytes(end - start)


CHANGES: tuple[Change, ...] = (_flip, _flip, _flip, _set, _set, _set, _cut, _repeat, _splice, _fill, _insert)


def _mutated_png(content: bytes, random: np.random.Generator) -> bytes:
    """Return a PNG with chunks that were changed, doubled, moved or left out, and right checksums."""
    chunks = chunks_of(content)
    for _ in range(_few(random)):
        if not chunks:
            break
        at = int(random.integers(len(chunks)))
        kind, inside = chunks[at]
        match int(random.integers(6)):
            case 0:
                chunks.insert(int(random.integers(len(chunks) + 1)), chunks[at])
            case 1:
                del chunks[at]
            case 2:
                chunks.insert(int(random.integers(len(chunks))), chunks.pop(at))
            case 3:
                name = [b"IDAT", b"tRNS", b"PLTE", b"iCCP", b"zTXt", b"eXIf", b"fcTL", b"fdAT", b"acTL", b"iTXt"]
                chunks[at] = name[random.integers(len(name))], inside
            case _:
                changed = bytearray(inside)
                CHANGES[random.integers(len(CHANGES))](changed, random)
                chunks[at] = kind, bytes(changed)
    return png_of(chunks)


def chunks_of(content: bytes) -> list[tuple[bytes, bytes]]:
    """Return kind and content of the chunks of a PNG, as far as it is sound."""
    chunks, at = [], len(PNG)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return a PNG of chunks, with right lengths and checksums."""
    parts = [struct.pack(">I", len(inside)) + kind + inside + _checksum(kind + inside) for kind, inside in chunks]
    return PNG + b"".join(parts)


def _checksum(content: bytes) -> bytes:
    """Return the checksum that ends a chunk."""
    return struct.pack(">I", zlib.crc32(content))
