"""Writes Matroska from packets that are there already (RFC 9559): index first, packets after it, nothing decoded.

    EBML | Segment: SeekHead, Info, Tags, Tracks, Cues | Cluster | Cluster | …

Made by hand for two things that the muxer at hand does not do: a finer clock than milliseconds, and a coder's
warm-up told as `CodecDelay`, so that frame 0 is at 0 and sound begins with it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECOND = 1_000_000_000
TICK = 100_000  # ns: a block's time is 16 bits from its cluster's, so a cluster may last 3.2 s
LONGEST = SECOND  # ns of a cluster
WITHIN = 30_000  # ticks
UNKNOWN = "und"
VIDEO, SOUND = 1, 2


class Block(Struct, frozen=True):
    """One packet: its track, when it is shown or heard in ns (a coder's warm-up has time below 0), its length in
    bytes, and how many ns of its end are not heard."""

    track: int
    time: int
    size: int
    key: bool
    cut_off: int = 0


class VideoTrack(Struct, frozen=True):
    codec: str
    private: bytes
    size: tuple[int, int]
    frame: int  # ns
    colour: tuple[int, int, int, bool] | None = (
        None  # primaries, transfer, matrix as in ISO/IEC 23091-2; full range?
    )


class SoundTrack(Struct, frozen=True):
    codec: str
    private: bytes
    rate: int
    channels: int
    block: int  # ns
    delay: int  # ns of warm-up


class Cluster(Struct, frozen=True):
    """Blocks that lie together, from a key frame or after a second; `time` in ticks."""

    time: int
    blocks: tuple[Block, ...]

    def size(self, delays: Sequence[int]) -> int:
        """Bytes of the whole element."""
        return len(self.head(delays)) + sum(
            len(block_head(each, self.time, delays)) + each.size for each in self.blocks
        )

    def head(self, delays: Sequence[int]) -> bytes:
        time = _number(0xE7, self.time)
        inside = sum(len(block_head(each, self.time, delays)) + each.size for each in self.blocks)
        return _start(0x1F43B675, len(time) + inside) + time


def film_head(
    video: VideoTrack, sound: SoundTrack | None, clusters: Sequence[Cluster], length: int, comment: str
) -> bytes:
    """All that stands before the first cluster. `length` in ns; video is track 1, sound track 2."""
    delays = delays_of(sound)
    sizes = [cluster.size(delays) for cluster in clusters]
    parts = {
        0x1549A966: _info(length),
        0x1254C367: _tags(comment),
        0x1654AE6B: _element(0x1654AE6B, _video(video), _sound(sound) if sound else b""),
    }
    front = len(_seek_head([(name, 0) for name in (*parts, 0x1C53BB6B)])) + sum(map(len, parts.values()))
    begins = front + len(_cues(clusters, sizes, 0))
    inside = _index(parts, front) + _cues(clusters, sizes, begins)
    return _ebml() + _start(0x18538067, len(inside) + sum(sizes)) + inside


def _index(parts: dict[int, bytes], front: int) -> bytes:
    places: list[tuple[int, int]] = []
    at = front - sum(map(len, parts.values()))
    for name, part in parts.items():
        places.append((name, at))
        at += len(part)
    return _seek_head([*places, (0x1C53BB6B, at)]) + b"".join(parts.values())


def delays_of(sound: SoundTrack | None) -> tuple[int, int]:
    """ns that each track's block times are ahead of what is shown and heard."""
    return (0, sound.delay if sound else 0)


def clustered(blocks: Sequence[Block], delays: Sequence[int]) -> Iterator[Cluster]:
    """Blocks in file order, a cluster from each key frame on, none too long for its clock."""
    held: list[Block] = []
    for block in blocks:
        begins = block.track == VIDEO and block.key
        if held and (begins or abs(block.time - held[0].time) > LONGEST):
            yield _cluster(held, delays)
            held = []
        held.append(block)
    if held:
        yield _cluster(held, delays)


def _cluster(blocks: Sequence[Block], delays: Sequence[int]) -> Cluster:
    return Cluster(min(_ticks(each, delays) for each in blocks), tuple(blocks))


def _ticks(block: Block, delays: Sequence[int]) -> int:
    return max(0, (block.time + delays[block.track - 1] + TICK // 2) // TICK)


def block_head(block: Block, cluster: int, delays: Sequence[int]) -> bytes:
    """What stands before a packet's bytes."""
    ahead = _ticks(block, delays) - cluster
    if not 0 <= ahead <= WITHIN:
        raise ValueError("a block lies too far from its cluster")
    head = bytes([0x80 | block.track]) + struct.pack(">h", ahead)
    if not block.cut_off:
        return _start(0xA3, len(head) + 1 + block.size) + head + (b"\x80" if block.key else b"\0")
    padding = _element(0x75A2, struct.pack(">q", block.cut_off))
    inner = _start(0xA1, len(head) + 1 + block.size) + head + b"\0"
    return _start(0xA0, len(padding) + len(inner) + block.size) + padding + inner


def _ebml() -> bytes:
    limits = [(0x4286, 1), (0x42F7, 1), (0x42F2, 4), (0x42F3, 8), (0x4287, 4), (0x4285, 2)]
    return _element(
        0x1A45DFA3, *(_number(name, value) for name, value in limits), _element(0x4282, b"matroska")
    )


def _seek_head(places: Sequence[tuple[int, int]]) -> bytes:
    return _element(
        0x114D9B74,
        *(_element(0x4DBB, _element(0x53AB, _name(name)), _place(0x53AC, at)) for name, at in places),
    )


def _info(length: int) -> bytes:
    return _element(
        0x1549A966,
        _number(0x2AD7B1, TICK),
        _element(0x4489, struct.pack(">d", length / TICK)),
        _element(0x4D80, b"storyboard"),
        _element(0x5741, b"storyboard"),
    )


def _tags(comment: str) -> bytes:
    simple = _element(0x67C8, _element(0x45A3, b"COMMENT"), _element(0x4487, comment.encode()))
    return _element(0x1254C367, _element(0x7373, _element(0x63C0), simple))


def _track(number: int, codec: str, private: bytes, block: int) -> bytes:
    """What all tracks have; not laced, and no language is claimed."""
    return b"".join(
        (
            _number(0xD7, number),
            _number(0x73C5, number),
            _number(0x83, number),
            _number(0x9C, 0),
            _element(0x22B59C, UNKNOWN.encode()),
            _element(0x86, codec.encode()),
            _element(0x63A2, private),
            _number(0x23E383, block),
        )
    )


def _video(track: VideoTrack) -> bytes:
    width, height = track.size
    colour = b""
    if track.colour:
        primaries, transfer, matrix, full = track.colour
        said = [(0x55B1, matrix), (0x55B9, 1 + full), (0x55BA, transfer), (0x55BB, primaries)]
        colour = _element(0x55B0, *(_number(name, value) for name, value in said))
    picture = _element(0xE0, _number(0x9A, 2), _number(0xB0, width), _number(0xBA, height), colour)
    return _element(0xAE, _track(VIDEO, track.codec, track.private, track.frame), picture)


def _sound(track: SoundTrack) -> bytes:
    heard = _element(
        0xE1, _element(0xB5, struct.pack(">d", float(track.rate))), _number(0x9F, track.channels)
    )
    common = _track(SOUND, track.codec, track.private, track.block)
    return _element(0xAE, common, _number(0x56AA, track.delay), heard)


def _cues(clusters: Sequence[Cluster], sizes: Sequence[int], begins: int) -> bytes:
    """Where each key frame's cluster lies; `begins` is the first one's place in the segment."""
    points: list[bytes] = []
    at = begins
    for cluster, size in zip(clusters, sizes, strict=True):
        if cluster.blocks[0].track == VIDEO and cluster.blocks[0].key:
            where = _element(0xB7, _number(0xF7, VIDEO), _place(0xF1, at))
            points.append(_element(0xBB, _place(0xB3, _ticks(cluster.blocks[0], (0, 0))), where))
        at += size
    return _element(0x1C53BB6B, *points)


def _element(name: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return _start(name, len(body)) + body


def _start(name: int, length: int) -> bytes:
    return _name(name) + (1 << 56 | length).to_bytes(8, "big")


def _name(name: int) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, "big")


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _place(name: int, value: int) -> bytes:
    """A number whose length does not depend on it: places are known only when all lengths are."""
    return _element(name, value.to_bytes(8, "big"))
