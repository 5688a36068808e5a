"""A stranger's client of Toplyne, as their application would have it."""

import os

import httpx


def upload(api_url, token, path, body):
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{api_url}{path}", json=body, headers=headers, trust_env=False)


def sign_up(api_url, token, user, *, timestamp=1795450639):
    event = {"userId": user, "eventName": "Signed Up", "timestamp": timestamp}
    return upload(api_url, token, "/upload/events", {"events": [event]})


async def sign_up_later(api_url, token, user):
    async with httpx.AsyncClient(trust_env=False) as client:
        event = {"userId": user, "eventName": "Signed Up", "timestamp": 1795450639}
        return await client.post(
            f"{api_url}/upload/events",
            json={"events": [event]},
            headers={"Authorization": f"Bearer {token}"},
        )


def from_environment(user):
    return sign_up(os.environ["TOPLYNE_API_URL"], os.environ["TOPLYNE_API_KEY"], user)
