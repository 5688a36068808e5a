"""Load: many small uploads over kept connections, each with a name of its own."""

import http.client
import json
import threading
from contextlib import suppress


def upload(connection, token, name, *, timestamp=1):
    """Send one event of that name; return the status, and the answer's entry number."""
    body = json.dumps({"events": [{"userId": "u", "eventName": name, "timestamp": timestamp}]})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/upload/events", body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, int(answer.headers.get("X-Sandbox-Entry", 0))


def in_threads(number, work):
    """Call work(index) in so many threads; raise the first error any of them had."""
    errors = []

    def run(index):
        try:
            work(index)
        except Exception as error:  # noqa: BLE001 - raised below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def send_until_killed(port, token, *, threads, count, name, on_accepted):
    """Send `count` events from each thread until the server is gone; note every 202."""

    def work(index):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with suppress(OSError, http.client.HTTPException):
            for number in range(count):
                event = f"{name}/{index}/{number}"
                status, _ = upload(connection, token, event)
                assert status == 202, f"{event} was answered {status}"
                on_accepted(event)
        connection.close()

    in_threads(threads, work)
