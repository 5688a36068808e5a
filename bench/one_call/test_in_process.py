"""The same test through the fixture that answers in this process, without a socket."""

import httpx
from test_toplyne import UPLOAD


def test_one_call(toplyne, toplyne_transport):
    with httpx.Client(transport=toplyne_transport, base_url=toplyne.api_url) as client:
        answer = client.post(
            "/upload/events", json=UPLOAD, headers={"Authorization": f"Bearer {toplyne.token}"}
        )

    assert answer.status_code == 202
    assert toplyne.events == UPLOAD["events"]
