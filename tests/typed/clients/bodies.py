"""What generated Python clients let through: right bodies type-check, wrong ones don't.

Run with a URL, it waits, resets, sets faults and reads entries by the client of /_sandbox.
"""

import sys

import httpx
from control_client import AuthenticatedClient
from control_client.api.default import entries, entry, new_faults, no_faults, reset, wait
from control_client.models import (
    Answer,
    AnswerToGive,
    Counts,
    EntriesResponse200,
    EntryJson,
    Fault,
    FaultWire,
    NewFaultsResponse201,
    NoFaultsResponse200,
)
from toplyne_client.models import (
    SendAccountProfilesItem,
    SendEventsItemWithAnonymousId,
    SendEventsItemWithUserId,
    SendEventsItemWithUserIdEventProperties,
    SendEventsSendEventsBody,
)

EVENT = SendEventsItemWithUserId(user_id="u", event_name="E", timestamp=1795450639)
BODY = SendEventsSendEventsBody(events=[EVENT])
FREE = SendEventsItemWithUserIdEventProperties.from_dict({"a": [1]})
ANONYMOUS = SendEventsItemWithAnonymousId(anonymous_id="a", event_name="E", timestamp=1)
ACCOUNT = SendAccountProfilesItem(account_id="a", creation_time=1)
FAULT = Fault(status=503, times=2)


def wrong() -> None:
    SendEventsItemWithUserId(user_id="u", event_name="E", timestamp="1")  # type: ignore[arg-type]
    SendEventsItemWithUserId(event_name="E", timestamp=1)  # type: ignore[call-arg]
    SendEventsItemWithUserId(user_id="u", timestamp=1)  # type: ignore[call-arg]
    SendEventsItemWithUserId(user_id="u", event_name="E", timestamp=1, extra=1)  # type: ignore[call-arg]
    SendEventsSendEventsBody(profiles=[])  # type: ignore[call-arg]
    SendAccountProfilesItem(account_id=5, creation_time=1)  # type: ignore[arg-type]
    SendEventsSendEventsBody(events=[ACCOUNT])  # type: ignore[list-item]
    Fault(wire="cut")  # type: ignore[arg-type]
    AnswerToGive(body="x")  # type: ignore[call-arg]
    EVENT.nmae  # type: ignore[attr-defined]  # noqa: B018


def main(url: str, token: str) -> None:
    client = AuthenticatedClient(base_url=url, token=token)
    api = httpx.Client(base_url=f"{url}/v1", headers={"Authorization": f"Bearer {token}"})
    api.post("/upload/events", json=BODY.to_dict())
    waited = wait.sync(client=client, events=1, timeout=5.0)
    assert isinstance(waited, Counts)
    assert waited.events == 1
    page = entries.sync(client=client, limit=1, status="2xx")
    assert isinstance(page, EntriesResponse200)
    (first,) = page.entries
    again = entry.sync(number=first.number, client=client)
    assert isinstance(again, EntryJson)
    assert (again.status, again.items, again.problems) == (202, 1, [])
    reset.sync(client=client)
    assert isinstance(found := entries.sync(client=client), EntriesResponse200)
    assert found.total == 0
    made = new_faults.sync(client=client, body=Answer(answer=AnswerToGive(status=502, body="<p>")))
    assert isinstance(made, NewFaultsResponse201)
    assert (made.total, made.faults[0].met) == (1, 0)
    given = api.get("/auth/me")
    assert (given.status_code, given.text) == (502, "<p>")
    new_faults.sync(client=client, body=Fault(wire=FaultWire.RESET, times=3))
    cleared = no_faults.sync(client=client, body=Fault(wire=FaultWire.RESET, times=3))
    assert isinstance(cleared, NoFaultsResponse200)
    assert cleared.cleared == 1
    print("all said")


if __name__ == "__main__":
    main(*sys.argv[1:])
