"""Each Python client once, with the hosts written into it: `clients.py NAME …`.

Every one asks https://api.toplyne.io for a path that names it; a client that fails says so and
leaves the others alone.
"""

import asyncio
import sys

URL = "https://api.toplyne.io/v1/caught/{}"
SECONDS = 20


def by_requests(url):
    import requests

    requests.get(url, timeout=SECONDS)


def by_httpx(url):
    import httpx

    httpx.get(url, timeout=SECONDS)


def by_httpx_async(url):
    import httpx

    async def get():
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            await client.get(url)

    asyncio.run(get())


def by_urllib(url):
    import urllib.error
    import urllib.request

    try:
        urllib.request.urlopen(url, timeout=SECONDS)
    except urllib.error.HTTPError as error:
        error.close()  # the path exists nowhere, so 404 is the answer


def by_urllib3(url):
    import urllib3

    urllib3.PoolManager(timeout=SECONDS, retries=False).request("GET", url)


def by_http_client(url):
    import http.client

    _, _, host, path = url.split("/", 3)
    connection = http.client.HTTPSConnection(host, timeout=SECONDS)
    connection.request("GET", f"/{path}")
    connection.getresponse().read()


def by_aiohttp(url):
    import aiohttp

    async def get():
        async with aiohttp.ClientSession() as session, session.get(url):
            pass

    asyncio.run(get())


def by_segment(_):
    from segment.analytics.client import Client

    client = Client("key", sync_mode=True, max_retries=0, timeout=SECONDS)
    client.track("u1", "Signed Up")


def by_rudder(_):
    from rudderstack.analytics.client import Client

    client = Client("key", sync_mode=True, max_retries=0, timeout=SECONDS)
    client.track("u1", "Signed Up")


CLIENTS = {
    "requests": by_requests,
    "httpx": by_httpx,
    "httpx (async)": by_httpx_async,
    "urllib": by_urllib,
    "urllib3": by_urllib3,
    "http.client": by_http_client,
    "aiohttp": by_aiohttp,
    "segment-analytics-python": by_segment,
    "rudder-sdk-python": by_rudder,
}


def main(names):
    for name in names:
        try:
            CLIENTS[name](URL.format(name.replace(" ", "-")))
        except Exception as error:
            print(f"{name}: {error!r}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:] or CLIENTS)
