"""Wrong URLs: a client that swallows errors and sends to the wrong place fails its test."""

pytest_plugins = ["pytester"]

HEAD = """
import httpx

UPLOAD = {"events": [{"eventName": "E", "userId": "u", "timestamp": 1}]}


def upload(toplyne, url):
    headers = {"Authorization": f"Bearer {toplyne.token}"}
    httpx.post(url, json=UPLOAD, headers=headers)  # and nobody looks at the answer


def track(segment, path, key=None):
    message = {"type": "track", "event": "E", "userId": "u"}
    key = key or segment.write_key
    httpx.post(f"{segment.url}{path}", json={"batch": [message], "writeKey": key, **message})

"""
WRONG = {
    "base URL without /v1": "upload(toplyne, f'{toplyne.url}/upload/events')",
    "two slashes": "upload(toplyne, f'{toplyne.url}//v1/upload/events')",
    "another version": "upload(toplyne, f'{toplyne.url}/v2/upload/events')",
    "misspelt below /v1": "upload(toplyne, f'{toplyne.url}/v1/upload/event')",
    "/v1 twice": "upload(toplyne, f'{toplyne.api_url}/v1/upload/events')",
    "a slash behind it": "upload(toplyne, f'{toplyne.api_url}/upload/events/')",
    "Segment misspelt": "track(segment, '/v1/trak')",
    "Segment's other version": "track(segment, '/v2/track')",
    "Segment without /v1": "track(segment, '/batch')",
    "Segment's wrong key": "track(segment, '/v1/track', 'nope')",
    "Segment's wrong method": "httpx.get(f'{segment.url}/v1/track')",
}


def test_what_goes_nowhere_fails_the_test_it_belongs_to(pytester):
    tests = [
        f"def test_{number}({'segment' if 'segment' in call else 'toplyne'}):\n    {call}\n"
        for number, call in enumerate(WRONG.values())
    ]
    pytester.makepyfile("\n\n".join([HEAD, *tests]))

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")

    result.assert_outcomes(failed=len(WRONG))
