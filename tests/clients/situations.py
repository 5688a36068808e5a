"""The situations a preload for Python must stand: `situations.py NAME [ARGUMENT]` tries one.

Most ask for a path that names them, and print the status of the answer.
"""

import asyncio
import os
import socket
import ssl
import subprocess
import sys

HOST = "api.toplyne.io"


def ask(name, **options):
    import requests

    answer = requests.get(f"https://{HOST}/v1/caught/{name}", timeout=20, **options)
    return answer.status_code


async def stream(name, family=0):
    reader, writer = await asyncio.open_connection(HOST, 443, ssl=True, family=family)
    request = f"GET /v1/caught/{name} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    writer.write(request.encode())
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


def over(context, name):
    plain = socket.create_connection((HOST, 443))
    with context.wrap_socket(plain, server_hostname=HOST) as connection:  # which closes both
        connection.sendall(f"GET /v1/caught/{name} HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
        return int(connection.recv(100).split()[1])


def of_gevent():
    from gevent import monkey

    monkey.patch_all()
    return ask("gevent")


def of_asyncio():
    return asyncio.run(stream("asyncio"))


def of_ipv6():
    return asyncio.run(stream("ipv6", socket.AF_INET6))


def of_uvloop():
    import uvloop

    return uvloop.run(stream("uvloop"))


def of_aiohttp_on_uvloop():
    import aiohttp
    import uvloop

    async def get():
        url = f"https://{HOST}/v1/caught/aiohttp-on-uvloop"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status

    return uvloop.run(get())


def of_aiodns():
    import aiohttp
    from aiohttp.resolver import AsyncResolver

    async def get():
        connector = aiohttp.TCPConnector(resolver=AsyncResolver())
        url = f"https://{HOST}/v1/caught/aiodns"
        session = aiohttp.ClientSession(connector=connector)
        async with session, session.get(url) as answer:
            return answer.status

    return asyncio.run(get())


def of_fork():
    child = os.fork()
    if not child:
        os._exit(ask("fork") % 256)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) + 256


def of_spawn():
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(ask, ("spawn",))


def of_own_environment():
    return subprocess.check_output(
        [sys.executable, __file__, "grandchild"], env={"PATH": os.environ["PATH"]}, text=True
    ).strip()


def of_grandchild():
    return ask("own-environment")


def of_own_context():
    return over(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "own-context")


def of_certifi():
    import certifi

    return over(ssl.create_default_context(cafile=certifi.where()), "certifi")


def of_truststore():
    import truststore

    return over(truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "truststore")


def of_http2():
    import httpx

    with httpx.Client(http2=True) as client:
        answer = client.get(f"https://{HOST}/v1/caught/http2")
    return f"{answer.status_code} {answer.http_version}"


def of_keep_alive():
    import requests

    with requests.Session() as session:
        return [
            session.get(f"https://{HOST}/v1/caught/keep-alive", timeout=20).status_code
            for _ in range(3)
        ]


def of_private(url, bundle):
    """Ask a private server as a session with each `verify` does; say what came."""
    import requests

    told = []
    for verify in (bundle, False, True):
        session = requests.Session()
        session.verify = verify
        try:
            told.append(session.get(url, timeout=20).status_code)
        except requests.exceptions.SSLError:
            told.append("SSLError")
    return told


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")  # urllib3 warns where nothing is verified
    _, situation, *given = sys.argv
    print(globals()[f"of_{situation}"](*given))
