"""Inflating: what is read follows from the first bytes, all of it, and never more than a piece."""

import gzip
import io
import tracemalloc
import zlib

import pytest
import zstandard

from sandbox.inflating import MAX_LAYERS, PIECE, InputError, InputTooLarge, all_of, inflated

TEXT = b"".join(b"line %d\n" % number for number in range(50_000))
ZSTD = zstandard.ZstdCompressor(write_checksum=True).compress


def read(content):
    return all_of(inflated(io.BytesIO(content)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", b""),
        (b"a", b"a"),
        (TEXT, TEXT),
        (gzip.compress(TEXT), TEXT),
        (gzip.compress(TEXT) + gzip.compress(b"x\n"), TEXT + b"x\n"),
        (gzip.compress(TEXT) + b"\0" * 600_000 + gzip.compress(b"x\n"), TEXT + b"x\n"),
        (gzip.compress(b""), b""),
        (ZSTD(TEXT), TEXT),
        (ZSTD(TEXT) + ZSTD(b"x\n") + ZSTD(b"y\n"), TEXT + b"x\ny\n"),
        (b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + ZSTD(TEXT), TEXT),
        (gzip.compress(gzip.compress(TEXT)), TEXT),
    ],
    ids=[
        *("empty", "one byte", "plain", "gzip", "two members", "padded", "empty gzip"),
        *("zstandard", "three frames", "skippable frame", "gzip in gzip"),
    ],
)
def test_all_of_a_content_is_read(content, expected):
    assert read(content) == expected
    assert b"".join(inflated(content)) == expected


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (gzip.compress(TEXT)[:-20], "is not readable as gzip: it is cut short"),
        (gzip.compress(TEXT)[:8], "is not readable as gzip: it is cut short"),
        (ZSTD(TEXT)[:-2], "is not readable as zstandard: it is cut short"),
        (
            gzip.compress(TEXT) + b"trailing",
            (
                "is not readable as gzip: damaged, or followed by something else"
                " (incorrect header check)"
            ),
        ),
    ],
    ids=["cut gzip", "cut gzip head", "cut zstandard", "bytes behind"],
)
def test_what_is_damaged_is_told_after_what_could_be_read(content, sentence):
    found = told = b""
    try:
        for piece in inflated(content):
            found += piece
    except InputError as error:
        told = str(error).encode()

    assert told == sentence.encode()
    assert TEXT.startswith(found)
    if len(content) > 1_000:
        assert len(found) > len(TEXT) // 2


def test_what_is_compressed_too_often_is_refused():
    content = TEXT
    for _ in range(MAX_LAYERS + 1):
        content = gzip.compress(content)

    with pytest.raises(InputError, match="compressed more than 3 times"):
        read(content)


@pytest.mark.parametrize("kind", ["gzip", "zstandard"])
def test_a_bomb_fills_no_memory(kind):
    zeros = bytes(200_000_000)
    bomb = zlib.compress(zeros, wbits=31) if kind == "gzip" else ZSTD(zeros)
    del zeros

    tracemalloc.start()
    size = sum(map(len, inflated(io.BytesIO(bomb))))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == 200_000_000
    assert most < 40_000_000


def test_pieces_are_small():
    assert max(map(len, inflated(gzip.compress(bytes(10_000_000))))) <= PIECE


def test_what_is_read_whole_has_a_bound():
    with pytest.raises(InputTooLarge, match="larger than 10 bytes, the limit for a whole file"):
        all_of([b"12345", b"678901"], most=10)
