"""The shop windows: the public names, sorted and pinned."""

from typing import get_args

import mock_server
import sandbox


def test_sandbox_exports_exactly_these_names():
    assert sandbox.__all__ == [
        "MISSING",
        "PRESETS",
        "TOPLYNE",
        "Delivery",
        "Destination",
        "InvalidMapping",
        "InvalidTrigger",
        "Json",
        "Mapped",
        "Mapping",
        "Outcome",
        "Problem",
        "Rejected",
        "Request",
        "Rules",
        "Skipped",
        "Thrown",
        "Workspace",
        "answers",
        "check_fields",
        "deliver",
        "map_event",
        "parse_trigger",
        "refuse_suspicious",
        "resolve",
    ]


def test_mock_server_exports_exactly_these_names():
    assert mock_server.__all__ == ["Limits", "MockServer", "SegmentChoices", "create_app"]


def test_every_exported_name_exists():
    for module in (sandbox, mock_server):
        assert [name for name in module.__all__ if not hasattr(module, name)] == []
        assert set(module.__all__) <= set(dir(module))


def test_json_can_be_part_of_a_type_where_python_evaluates_it():
    assert type(None) in get_args(sandbox.Json | sandbox.Problem)
