"""Write keys: where they stand in a request, and the sources nobody set up."""

import base64

import pytest

from mock_server.exchange import received
from mock_server.segment.write_keys import default_workspace, own_tokens, write_key_of
from sandbox.workspace import ConnectedDestination, Source, Workspace


def basic(text):
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("header", "body", "key"),
    [
        (basic("abc:"), None, "abc"),
        (basic("abc"), None, "abc"),
        (basic("abc:secret"), None, "abc"),
        (basic("abc:").replace("Basic", "basic"), None, "abc"),
        (basic("abc:"), {"writeKey": "other"}, "abc"),
        (basic(":"), {"writeKey": "other"}, "other"),
        ("Bearer abc", {"writeKey": "other"}, "other"),
        ("Basic ???", {"writeKey": "other"}, "other"),
        ("Basic", {"writeKey": "other"}, "other"),
        (None, {"writeKey": "other"}, "other"),
        (None, {"writeKey": 5}, ""),
        (None, {}, ""),
        (None, None, ""),
    ],
)
def test_where_the_key_stands(header, body, key):
    headers = () if header is None else (("authorization", header),)

    assert write_key_of(received("POST", "/v1/t", headers), body) == key


def test_the_default_workspace_has_a_source_with_the_presets_for_each_token():
    tokens = {"default": "a-token", "worker 1": "b-token"}

    workspace, again = default_workspace(tokens), default_workspace(tokens)

    assert workspace == again
    assert [source.name for source in workspace.sources] == ["default", "worker 1"]
    assert [d.api_key for d in workspace.destinations] == ["a-token", "b-token"]
    for source in workspace.sources:
        assert len(source.write_key) == 32
        (destination,) = workspace.destinations_of(source)
        assert [m.name for m in destination.mappings if m.enabled] == [
            "Send User Profiles", "Send Account Profiles", "Send Events",
        ]  # fmt: skip


def test_tokens_come_from_the_destinations_that_deliver_here():
    def destination(name, key, url=None):
        return ConnectedDestination(name=name, source="app", api_key=key, base_url=url)

    workspace = Workspace(
        sources=(Source(name="app", write_key="key"),),
        destinations=(
            destination("A", "one"),
            destination("B", "one"),
            destination("C", "two", "http://127.0.0.1:1/v1"),
            destination("D", "three"),
        ),
    )

    assert own_tokens(workspace) == {"A": "one", "D": "three"}
