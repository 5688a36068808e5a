"""`/_sandbox/workspace`: Segment's configuration read and changed while the server runs."""

import json
import time

import httpx
import pytest

from mock_server import MockServer, SegmentChoices
from sandbox import Mapping
from sandbox.segment.retry import Backoff
from sandbox.workspace import ConnectedDestination, Source, Workspace
from tests.wire import control_client, http

TOKEN, KEY = "tok_of_the_setup_tests", "write-key-of-the-tests"
NAME = "Toplyne"


def workspace(**members):
    known = {"name": NAME, "source": "app", "api_key": TOKEN}
    return Workspace(
        sources=(Source(name="app", write_key=KEY),),
        destinations=(ConnectedDestination(**{**known, **members}),),
    )


@pytest.fixture
def make():
    made = []

    def making(known=None, **choices):
        server = MockServer(
            workspace=known or workspace(),
            segment=SegmentChoices(backoff=Backoff(time_scale=0.001), **choices),
        )
        server.start()
        client = control_client(server)
        made.extend((client.close, server.stop))
        return server, client

    yield making
    for end in made:
        end()


@pytest.fixture(scope="module")
def running():
    with MockServer(workspace=workspace()) as server:
        yield server


@pytest.fixture
def server(running):
    running.reset()
    running.mock.segment.reconfigure(lambda _: workspace())
    return running


@pytest.fixture
def client(server):
    with control_client(server) as opened:
        yield opened


def track(server, *names, key=KEY):
    batch = [{"type": "track", "event": name, "userId": "u", "messageId": name} for name in names]
    answer = http.post(f"{server.url}/v1/batch", json={"batch": batch, "writeKey": key})
    assert answer.status_code == 200


def problems(answer):
    assert answer.status_code == 400, answer.text
    return [(p["path"], p["message"]) for p in answer.json()["problems"]]


def mapping(name="Mine", **members):
    return {"name": name, "action": "sendEvents", "trigger": 'event = "A"', **members}


def at(client):
    return client.get("workspace").json()["workspace"]["destinations"][0]


def test_the_workspace_is_shown_without_its_api_keys(client):
    answer = client.get("workspace")

    shown = answer.json()
    assert shown["workspace"]["sources"] == [{"name": "app", "write_key": KEY, "enabled": True}]
    (destination,) = shown["workspace"]["destinations"]
    assert (destination["api_key"], destination["enabled"]) == ("…ests", True)
    assert [m["name"] for m in destination["mappings"]] == [
        "Send User Profiles",
        "Send Account Profiles",
        "Send Events",
    ]
    assert destination["mappings"][2]["fields"]["eventName"] == {"@path": "$.event"}
    assert shown["keys"] == {NAME: {"status": "good", "tenant": NAME}}
    assert (shown["most_mappings"], shown["warnings"]) == (50, [])
    assert TOKEN not in answer.text


def test_a_destination_is_set_up_step_by_step_as_on_segments_page(server, client):

    source = client.post("workspace/sources", json={"name": "web"}).json()
    write_key = source["workspace"]["sources"][1]["write_key"]
    added = client.post("workspace/destinations", json={"name": "New", "source": "web"})
    path = "workspace/destinations?name=New"
    too_early = client.patch(path, json={"enabled": True})
    client.patch(path, json={"api_key": TOKEN}).raise_for_status()
    switch = "workspace/mappings?destination=New&name=Send%20Events"
    client.patch(switch, json={"enabled": True}).raise_for_status()
    client.patch(path, json={"enabled": True}).raise_for_status()
    track(server, "A", key=write_key)
    server.flush()

    assert added.status_code == 201
    new = added.json()["workspace"]["destinations"][1]
    assert (new["enabled"], "api_key" in new) == (False, False)
    assert {m["enabled"] for m in new["mappings"]} == {False}
    assert added.json()["keys"]["New"] == {"status": "missing", "tenant": None}
    assert problems(too_early) == [
        ("$.api_key", "is missing. Expected a string."),
        ("$.mappings", "are all disabled. Enable at least one."),
    ]
    assert [e["eventName"] for e in server.events] == ["A"]


def test_a_new_mapping_is_disabled_until_it_is_enabled(server, client):
    of = f"workspace/mappings?destination={NAME}"

    client.post(of, json=mapping(fields={"eventName": "mine"})).raise_for_status()
    client.post(of, json={"preset": "Send Events", "name": "Again"}).raise_for_status()
    track(server, "A")
    server.flush()
    client.patch(f"{of}&name=Mine", json={"enabled": True, "fields": None}).raise_for_status()
    client.delete(f"{of}&name=Again").raise_for_status()
    track(server, "A again")
    server.flush()

    assert [d["mapping"] for d in server.ledger[0]["deliveries"]] == ["Send Events"]
    assert [m["name"] for m in at(client)["mappings"]][3:] == ["Mine"]
    assert at(client)["mappings"][3]["fields"]["eventName"] == {"@path": "$.event"}


def test_of_mappings_of_one_name_each_is_told_by_its_number(client):
    of = f"workspace/mappings?destination={NAME}"
    client.post(of, json=mapping("Send Events"))

    refused = client.patch(f"{of}&name=Send Events", json={"enabled": True})
    changed = client.patch(f"{of}&name=Send Events%232", json={"enabled": True})
    removed = client.delete(f"{of}&name=Send Events%231")

    assert refused.status_code == 404
    assert "Use one of 'Send Events#1' to 'Send Events#2'" in refused.text
    assert (changed.status_code, removed.status_code) == (200, 200)
    assert [m["name"] for m in at(client)["mappings"]].count("Send Events") == 1


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (
            mapping(
                action="sendEvent", trigger="typ = 'track'", fields={"userId": {"@pat": "$.x"}}
            ),
            ["$.action", "$.trigger", "$.fields.userId"],
        ),
        (mapping(triger="x"), ["$.triger"]),
        ({"name": "Mine"}, ["$.action", "$.trigger"]),
    ],
    ids=["all at once", "an unknown member", "members missing"],
)
def test_a_mapping_that_is_none_is_refused_with_all_that_is_wrong(client, given, found):
    before = client.get("workspace").json()

    answer = client.post(f"workspace/mappings?destination={NAME}", json=given)

    assert [path for path, _ in problems(answer)] == found
    assert client.get("workspace").json() == before


def test_the_place_of_an_unreadable_trigger_is_named(client):
    answer = client.post(
        f"workspace/mappings?destination={NAME}", json=mapping(trigger="typ = 'track'")
    )

    ((path, message),) = problems(answer)
    assert path == "$.trigger"
    assert message.endswith("(character 1 of \"typ = 'track'\")")


def test_a_destination_has_at_most_fifty_mappings(make):
    mappings = tuple(
        Mapping(f"M{number}", action="sendEvents", trigger='type = "track"') for number in range(50)
    )
    _, client = make(workspace(mappings=mappings))

    answer = client.post(f"workspace/mappings?destination={NAME}", json=mapping())

    assert problems(answer) == [
        ("$.destinations[0].mappings", "are 51. A destination has at most 50.")
    ]


def test_the_last_enabled_mapping_of_an_enabled_destination_stays_enabled(client):
    of = f"workspace/mappings?destination={NAME}"
    for name in ("Send User Profiles", "Send Account Profiles"):
        client.patch(f"{of}&name={name}", json={"enabled": False}).raise_for_status()

    answer = client.patch(f"{of}&name=Send Events", json={"enabled": False})

    assert [message for _, message in problems(answer)] == [
        "are all disabled. Enable at least one."
    ]


def test_a_whole_workspace_is_put_and_a_shown_key_stays_the_one_it_is(server, client):
    value = client.get("workspace").json()["workspace"]
    value["sources"].append({"name": "second", "write_key": "second-key"})
    value["destinations"].append({"name": "Two", "source": "second", "api_key": "…ests"})

    unknown = client.put("workspace", json=value)
    value["destinations"][1]["api_key"] = TOKEN
    client.put("workspace", json=value).raise_for_status()
    track(server, "A")
    track(server, "B", key="second-key")
    server.flush()

    assert [path for path, _ in problems(unknown)] == ["$.destinations[1].api_key"]
    assert sorted(e["eventName"] for e in server.events) == ["A", "B"]


def test_a_workspace_that_is_none_is_refused_and_nothing_changes(client):
    answer = client.put("workspace", json={"sources": [], "destination": []})

    assert problems(answer) == [
        (
            "$.destination",
            "is unknown. The members are sources, destinations. Did you mean destinations?",
        ),
        ("$.sources", "is empty. Expected at least one source."),
    ]
    assert client.get("workspace").json()["workspace"]["sources"][0]["name"] == "app"


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("PATCH", "sources?name=ap", "No source is named 'ap'. Did you mean app? There are: 'app'"),
        ("DELETE", "destinations?name=x", "No destination is named 'x'. There are: 'Toplyne'."),
        ("DELETE", "mappings?destination=Toplyne&name=x", "No mapping is named 'x'."),
        ("DELETE", "mappings?destination=x&name=y", "No destination is named 'x'."),
    ],
)
def test_what_is_not_there_is_answered_404_with_what_is(client, method, path, sentence):
    body = json.dumps({"enabled": True}) if method == "PATCH" else None
    answer = client.request(method, f"workspace/{path}", content=body)

    assert answer.status_code == 404
    assert answer.json()["error"]["details"].startswith(sentence)


def test_an_unknown_preset_is_answered_with_the_nearest(client):
    answer = client.post(
        f"workspace/mappings?destination={NAME}", json={"preset": "Send User Profile"}
    )

    assert answer.status_code == 404
    assert "Did you mean Send User Profiles?" in answer.json()["error"]["details"]


@pytest.mark.parametrize("value", [None, 5, [1], [[]], {}, {"rows": 5}, "…abcd"], ids=str)
@pytest.mark.parametrize("key", ["name", "api_key", "mappings", "preset", "fields", "destinations"])
def test_a_member_of_any_kind_is_answered_and_never_breaks_the_server(client, key, value):
    of = f"name={NAME}&destination={NAME}"
    answers = [
        client.put("workspace", json={key: value}),
        client.post("workspace/sources", json={key: value}),
        client.post("workspace/destinations", json={"name": "D", "source": "app", key: value}),
        client.patch(f"workspace/destinations?{of.split('&', maxsplit=1)[0]}", json={key: value}),
        client.post(f"workspace/mappings?{of.split('&')[1]}", json={**mapping(), key: value}),
    ]

    assert {answer.status_code for answer in answers} <= {200, 201, 400, 404}


def test_a_source_takes_its_destinations_along_to_a_new_name(client):
    answer = client.patch("workspace/sources?name=app", json={"name": "App"})

    assert answer.json()["workspace"]["destinations"][0]["source"] == "App"


def test_a_source_is_taken_away_after_its_destinations(server, client):
    client.post("workspace/sources", json={"name": "stays"}).raise_for_status()

    too_early = client.delete("workspace/sources?name=app")
    client.delete(f"workspace/destinations?name={NAME}").raise_for_status()
    track(server, "A")
    client.delete("workspace/sources?name=app").raise_for_status()
    track(server, "B")
    client.post("workspace/sources", json={"name": "app", "write_key": KEY}).raise_for_status()
    track(server, "A")  # of another source now, but the workspace has had this id

    assert [path for path, _ in problems(too_early)] == ["$.destinations[0].source"]
    assert [r["code"] for r in server.ledger] == [
        "NO_DESTINATION",
        "unknown_source",
        None,
    ]
    assert server.ledger[-1]["outcome"] == "duplicate"


def test_another_machine_is_reached_only_where_the_server_may(make):
    path, url = f"workspace/destinations?name={NAME}", "http://192.0.2.1/v1"

    refused = make()[1].patch(path, json={"base_url": url})
    allowed = make(allow_remote=True)[1].patch(path, json={"base_url": url})

    assert problems(refused) == [
        (
            "$.base_url",
            "is on another machine. Start the server with --allow-remote to deliver there.",
        )
    ]
    assert allowed.json()["workspace"]["destinations"][0]["base_url"] == url
    assert allowed.json()["keys"] == {NAME: None}


def fault(client, **members):
    client.post("faults", json=members).raise_for_status()


def test_what_waits_meets_the_settings_that_hold_when_its_turn_comes(server, client):
    fault(client, delay=1.5, times=1)  # longer than a busy machine takes for the change
    track(server, "A", "B", "C")
    server.wait_for(entries=1)  # the first one is on its way

    client.patch(f"workspace/destinations?name={NAME}", json={"enabled": False}).raise_for_status()
    server.flush()

    assert [r["outcome"] for r in server.ledger] == ["delivered", "disabled", "disabled"]


def test_a_retry_goes_out_with_the_key_that_was_set_meanwhile(make):
    server, client = make(workspace(api_key="a-wrong-one"))
    path = f"workspace/destinations?name={NAME}"
    client.patch(path, json={"base_url": "http://127.0.0.1:9/v1"}).raise_for_status()
    track(server, "A")
    for _ in range(200):
        if server.ledger[0]["outcome"] == "retrying":
            break
        time.sleep(0.01)
    token = client.post("tokens", json={"name": "later"}).json()["token"]

    client.patch(path, json={"api_key": token, "base_url": None}).raise_for_status()
    client.post("flush").raise_for_status()

    assert [e["eventName"] for e in server.tenant("later").events] == ["A"]


def test_what_waits_at_a_destination_that_is_taken_away_is_still_delivered(make):
    server, client = make()
    fault(client, delay=1.5, times=1)  # longer than a busy machine takes for the change
    fault(client, status=503, times=1)
    track(server, "A", "B", "C")

    client.delete(f"workspace/destinations?name={NAME}").raise_for_status()
    server.flush()

    assert [r["outcome"] for r in server.ledger] == ["delivered"] * 3
    assert sorted(e["eventName"] for e in server.events) == ["A", "B", "C"]


def test_the_end_of_the_server_waits_for_a_destination_that_is_gone(make):
    server, client = make()
    fault(client, delay=1.5, times=1)  # longer than a busy machine takes for the change
    track(server, "A", "B")
    client.delete(f"workspace/destinations?name={NAME}").raise_for_status()

    server.mock.segment.close()

    assert server.mock.segment.ledger.counts() == {"delivered": 2}
    assert client.post("workspace/sources", json={"name": "late"}).status_code == 503


def test_a_token_that_is_made_later_gets_a_source_where_it_is_asked_for():
    with MockServer() as server:
        made = http.post(f"{server.url}/_sandbox/tokens", json={"name": "w1", "source": True})
        again = http.post(f"{server.url}/_sandbox/tokens", json={"name": "w2"})
        track(server, "A", key=made.json()["write_key"])
        client = httpx.Client(headers={"Authorization": f"Bearer {made.json()['token']}"})
        client.post(f"{server.url}/_sandbox/flush")

        assert [e["eventName"] for e in server.tenant("w1").events] == ["A"]
        assert "write_key" not in again.json()
        client.close()


def test_where_there_is_an_admin_token_only_it_sees_the_workspace():
    with MockServer(tokens={"default": TOKEN}, admin_token="the-admin-token") as server:
        codes = [
            http.get(
                f"{server.url}/_sandbox/workspace", headers={"Authorization": f"Bearer {token}"}
            ).status_code
            for token in (TOKEN, "tok_of_nobody_here", "the-admin-token")
        ]
        foreign = http.put(
            f"{server.url}/_sandbox/workspace", json={}, headers={"Origin": "http://evil.test"}
        )

    assert codes == [403, 403, 200]
    assert foreign.status_code == 403


def test_not_every_one_of_many_problems_is_told_and_nothing_is_changed(server, client):
    answer = client.put("workspace", json={"sources": [{}] * 20_000})

    assert (answer.status_code, len(answer.json()["problems"])) == (400, 100)
    assert answer.json()["problems"][0]["path"] == "$.sources[0].name"
    assert server.mock.segment.workspace == workspace()
