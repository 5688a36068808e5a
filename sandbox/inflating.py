"""Inflating: decompress gzip and zstandard piece by piece, whatever the file's name.

    for piece in inflated(stream): ...        # plain content stays as it is
    content = all_of(inflated(stream))        # at most MAX_WHOLE bytes, else InputTooLarge

The first bytes decide the format. All members of a gzip file and all frames of a zstandard file are
read. Each step yields at most one piece, so a small file cannot fill the memory.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any, Final, Protocol

PIECE: Final = 256 * 1024
MAX_WHOLE: Final = 64 * 1024 * 1024
"""The most bytes of a file that is read whole: an array, an SDK body, a HAR file."""

MAX_LAYERS: Final = 3
"""The most layers of compression; a .gz served with Content-Encoding: gzip has two."""

MAX_WINDOW: Final = 128 * 1024 * 1024
"""The largest window of a zstandard frame, which its decoder keeps in memory."""

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
"""The first bytes of a frame, or of a frame to skip."""
_MAGIC: Final = 4
_GZIP_FORMAT: Final = 31  # zlib's code for a gzip header and trailer
_GZIP_STEP: Final = 4096
"""The bytes of gzip read at once; after each member the rest of them is copied."""
_ZSTD_STEP: Final = 256
"""The bytes of a zstandard frame read at once; with blocks of 4 bytes they may become 8 MB."""


class Readable(Protocol):
    """A binary file, open for reading."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, b"" at the end."""


class InputError(ValueError):
    """Raised for an input that cannot be read further; what was read before is valid."""


class InputTooLarge(InputError):
    """Raised for an input that is too large to be read whole."""


def byte_pieces(stream: Readable | bytes) -> Iterator[bytes]:
    """Yield the bytes of a stream, or of bytes, in pieces."""
    if isinstance(stream, bytes):
        for start in range(0, len(stream), PIECE):
            yield stream[start : start + PIECE]
        return
    while piece := stream.read(PIECE):
        yield piece


def inflated(stream: Readable | bytes) -> Iterator[bytes]:
    """Yield the plain content of a stream, compressed or not, in pieces of bounded size.

    Raises InputError, after yielding all that can be read, if the compressed content is damaged,
    cut short, or followed by other bytes.
    """
    pieces: Iterator[bytes] = byte_pieces(stream)
    for _ in range(MAX_LAYERS + 1):
        head, _ = gathered(b"", pieces, _MAGIC)
        pieces = chain([head] if head else [], pieces)
        if head.startswith(_GZIP):
            pieces = gunzipped(pieces)
        elif _ZSTD.match(head):
            pieces = _unzstandard(pieces)
        else:
            return pieces
    raise InputError(f"is compressed more than {MAX_LAYERS} times")


def all_of(pieces: Iterable[bytes], *, most: int = MAX_WHOLE) -> bytes:
    """Return the pieces as one; raises InputTooLarge above `most` bytes."""
    kept, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise InputTooLarge(f"is larger than {most:,} bytes, the limit for a whole file")
        kept.append(piece)
    return b"".join(kept)


def gathered(head: bytes, pieces: Iterator[bytes], least: int) -> tuple[bytes, bool]:
    """Return the head, with pieces added until it has `least` bytes, and whether they ended."""
    kept, size = [head], len(head)
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size >= least:
            return b"".join(kept), False
    return b"".join(kept), True


def gunzipped(content: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """Yield the plain content of gzip, all its members. Raises InputError as `inflated`."""
    pieces = byte_pieces(content) if isinstance(content, bytes) else content
    start = partial(zlib.decompressobj, _GZIP_FORMAT)
    return _members(_steps(pieces, _GZIP_STEP), start, zlib.error, "gzip")


def _steps(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    return (piece[at : at + size] for piece in pieces for at in range(0, len(piece), size))


def _unzstandard(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        import zstandard  # noqa: PLC0415 - an extra that few need
    except ImportError:
        raise InputError(
            "is compressed with zstandard, which needs: pip install 'toplyne-sandbox[archive]'"
        ) from None
    frames = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    steps = _steps(pieces, _ZSTD_STEP)
    return _members(steps, frames.decompressobj, zstandard.ZstdError, "zstandard")


def _members(
    pieces: Iterator[bytes], start: Callable[[], Any], error: type[Exception], kind: str
) -> Iterator[bytes]:
    """Yield the contents of members or frames, one after the other; zeros between are padding."""
    limit = (PIECE,) if kind == "gzip" else ()  # zstandard's output is bounded by its input
    member: Any = None
    for piece in pieces:
        rest = piece
        while rest:
            if member is None:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                member = start()
            try:
                yield member.decompress(rest, *limit)
            except error as why:
                reason = str(why).rpartition(": ")[2]
                raise InputError(
                    f"is not readable as {kind}: damaged, or followed by something else ({reason})"
                ) from None
            rest = member.unconsumed_tail
            if member.eof:
                rest, member = member.unused_data, None
    if member is not None:
        yield member.flush()
        if not member.eof:
            raise InputError(f"is not readable as {kind}: it is cut short")
