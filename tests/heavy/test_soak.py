"""Soak: a short one finds nothing wrong, and what a long one looks for is found."""

import pytest

from tests.heavy.soak import FULL, Sample, main, problems


def samples(grown=0.0, descriptors=0, threads=0, entries=FULL):
    return [
        Sample(
            number,
            100 + grown * number / 20,
            15 + descriptors * number,
            9 + threads * number,
            entries,
            8,
        )
        for number in range(20)
    ]


@pytest.mark.heavy
def test_a_short_soak_finds_nothing_wrong():
    assert main(["--minutes", "0.3", "--full", "1000"]) == 0


@pytest.mark.parametrize(
    ("seen", "said", "sentence"),
    [
        (samples(grown=80), [], "memory grew by 40.0 MB after the journal was full."),
        (samples(descriptors=1), [], "descriptors grew from 24 to 34."),
        (samples(threads=1), [], "threads grew from 18 to 28."),
        (samples(entries=5), [], "the journal was full in 0 looks only; give it more MINUTES."),
        (
            samples(),
            ["Traceback (most recent call last):"],
            "not a sentence: Traceback (most recent call last):",
        ),
    ],
)
def test_what_is_wrong_is_found(seen, said, sentence):
    assert problems(seen, said, [], FULL) == [sentence]


def test_what_is_right_is_not():
    assert problems(samples(), ["toplyne-sandbox: 3 messages wait in the store."], [], FULL) == []
