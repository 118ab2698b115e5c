"""H.264's parameter sets in an mp4 (ISO/IEC 14496-15): two coders' films in one track, each with sets of its own.

A picture names its parameter sets by number. Where two coders use different numbers, both find theirs in one
decoder configuration, and a decoder changes over at the next key frame.
"""

from __future__ import annotations

import struct

from msgspec import Struct

from storyboard.media.stills import DamagedError

HEAD = 5  # bytes before the sets: version, profile, compatibility, level, length of a length
MOST, MOST_PICTURE = 31, 255  # sequence and picture sets, by the bits of their counts


class ParameterSets(Struct, frozen=True):
    """Of an avcC box. `tail` is what profiles above the main one add."""

    head: bytes
    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]
    tail: bytes

    @property
    def numbers(self) -> frozenset[int]:
        """Of the sequence sets and the picture sets alike."""
        found = [_number(data, 4) for data in self.sequence] + [_number(data, 1) for data in self.picture]
        return frozenset(found)


def parameter_sets(config: bytes) -> ParameterSets:
    """Raises DamagedError."""
    try:
        sequence, at = _sets(config, HEAD + 1, config[HEAD] & MOST)
        picture, at = _sets(config, at + 1, config[at])
    except (IndexError, struct.error):
        raise DamagedError("its decoder configuration does not hold together") from None
    return ParameterSets(config[:HEAD], sequence, picture, config[at:])


def _sets(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found: list[bytes] = []
    for _ in range(count):
        (length,) = struct.unpack_from(">H", data, at)
        found.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return tuple(found), at


def _number(data: bytes, skipped: int) -> int:
    """The set's number, an Exp-Golomb code behind so many bytes."""
    bits = int.from_bytes(data[skipped : skipped + 8].ljust(8, b"\0"))
    zeros = 64 - bits.bit_length()
    return (bits >> (63 - 2 * zeros)) - 1 if zeros < 32 else -1  # noqa: PLR2004 - no code is longer


def united(description: bytes, first: bytes, second: bytes) -> bytes:
    """A sample entry whose configuration is `first`, with that of `second` beside it. Raises DamagedError when their
    numbers meet, or their packets are cut in different ways."""
    one, other = parameter_sets(first), parameter_sets(second)
    many = (
        len(one.sequence) + len(other.sequence) > MOST or len(one.picture) + len(other.picture) > MOST_PICTURE
    )
    if many or one.numbers & other.numbers or one.head[4] != other.head[4]:
        raise DamagedError("its decoder configuration can't stand beside ours")
    profile, level = max(one.head[1], other.head[1]), max(one.head[3], other.head[3])
    head = bytes([one.head[0], profile, one.head[2] & other.head[2], level, one.head[4]])
    sequence, picture = one.sequence + other.sequence, one.picture + other.picture
    body = (
        head
        + bytes([0xE0 | len(sequence)])
        + b"".join(struct.pack(">H", len(data)) + data for data in sequence)
        + bytes([len(picture)])
        + b"".join(struct.pack(">H", len(data)) + data for data in picture)
        + (one.tail or other.tail)
    )
    return _with_configuration(description, first, body)


def _with_configuration(description: bytes, old: bytes, new: bytes) -> bytes:
    box = struct.pack(">I4s", len(old) + 8, b"avcC") + old
    at = description.index(box)
    whole = description[:at] + struct.pack(">I4s", len(new) + 8, b"avcC") + new + description[at + len(box) :]
    return struct.pack(">I", len(whole)) + whole[4:]
