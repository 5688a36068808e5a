"""The recorded cases: the mapper answers as Segment's runtime did, without Node."""

import pytest

from tests.conformance import corpus, json_wire
from tests.conformance.kinds import DIFFERENT, KINDS, REFUSED, kind_of_folder, our_answer

FILES = sorted(file for kind in KINDS for file in (corpus.CASES / kind.folder).glob("*.json"))
MOST_SHOWN = 5


@pytest.mark.parametrize(
    "file", [pytest.param(file, id=f"{file.parent.name}/{file.stem}") for file in FILES]
)
def test_the_mapper_answers_every_recorded_case_as_segment_did(file):
    kind = kind_of_folder(file.parent.name)

    different = []
    for case, theirs in corpus.read(file):
        ours = our_answer(kind, case)
        if kind.verdict(ours, theirs) == DIFFERENT:
            sides = (case, theirs, ours)
            different.append(
                "\n  case {}\n  Segment {}\n  ours {}".format(*map(json_wire.dumps, sides))
            )

    assert not different, f"{len(different)} cases differ:{''.join(different[:MOST_SHOWN])}"


def test_the_corpus_holds_at_least_four_thousand_cases_of_every_kind():
    counts = {kind.name: 0 for kind in KINDS}
    for file in FILES:
        counts[kind_of_folder(file.parent.name).name] += len(corpus.read(file))

    assert sum(counts.values()) >= 4000
    assert all(count >= 400 for count in counts.values()), counts


def test_most_recorded_templates_are_rendered_and_not_refused():
    kind = kind_of_folder("liquid")
    cases = [each for file in FILES if file.parent.name == "liquid" for each in corpus.read(file)]

    refused = [
        case for case, theirs in cases if kind.verdict(our_answer(kind, case), theirs) == REFUSED
    ]

    assert len(refused) / len(cases) < 0.15, f"{len(refused)} of {len(cases)} are refused"
