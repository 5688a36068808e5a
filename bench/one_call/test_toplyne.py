"""A test with one call through our fixture, which checks the upload by the whole contract."""

UPLOAD = {"events": [{"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}]}


def test_one_call(toplyne, client):
    answer = client.post(
        f"{toplyne.api_url}/upload/events",
        json=UPLOAD,
        headers={"Authorization": f"Bearer {toplyne.token}"},
    )

    assert answer.status_code == 202
    assert toplyne.events == UPLOAD["events"]
