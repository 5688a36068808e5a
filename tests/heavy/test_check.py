"""Check: Segment's runtime and the reference show nothing in many examples, faults always show."""

import shutil

import pytest

from sandbox.check import check_mapper
from tests.check_mappers.faulty import FAULTY, right
from tests.check_mappers.faulty_triggers import words_that_do_not_bind
from tests.check_mappers.segment import SegmentsOwn
from tests.conformance.oracle import RUNTIME

has_runtime = shutil.which("node") and (RUNTIME / "node_modules/@segment").is_dir()
needs_runtime = pytest.mark.skipif(
    not has_runtime, reason="Segment's packages are not installed; `make conformance` does that"
)
SIZES = [pytest.param(150, id="small"), pytest.param(20_000, id="whole", marks=pytest.mark.heavy)]


@needs_runtime
@pytest.mark.parametrize("examples", SIZES)
def test_segments_own_runtime_shows_nothing(examples):
    with SegmentsOwn() as segment:
        presets = check_mapper(segment, rules="observed", max_examples=examples)
        own = check_mapper(
            segment.with_workspace, workspaces=True, rules="observed", max_examples=examples
        )

    assert presets.failures == own.failures == ()
    assert min(presets.examples, own.examples) >= examples  # besides, each odd value is tried once


@pytest.mark.heavy
def test_the_reference_shows_nothing_in_20_000():
    presets = check_mapper(right, rules="observed", max_examples=20_000)
    own = check_mapper(words_that_do_not_bind, workspaces=True, max_examples=20_000)

    assert presets.failures == own.failures == ()


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(20))
def test_every_faulty_mapper_is_found_with_every_seed(seed):
    missed = [
        mapper.__name__
        for mapper in FAULTY
        if not check_mapper(mapper, rules="observed", max_examples=1000, seed=seed, most=1).failures
    ]

    assert missed == []
