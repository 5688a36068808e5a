"""A headless Chromium that opens a page of another origin and waits until the page is done."""

import functools
import http.server
import queue
import shutil
import subprocess
import tempfile
import threading
from urllib.parse import urlencode

from tests.clients.judge import HERE, MODULES

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SDK = MODULES / "@segment/analytics-next/dist/umd"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
)


def chromium():
    """Return the path of a Chromium, None where none is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Pages(http.server.SimpleHTTPRequestHandler):
    """Serves page.html and the SDK, and keeps what the page tells at its end."""

    def __init__(self, *arguments, told, **named):
        self.told = told
        super().__init__(*arguments, directory=str(HERE), **named)

    def translate_path(self, path):
        name = path.partition("?")[0]
        if name.startswith("/analytics-next/"):
            return str(SDK / name.rpartition("/")[2])
        return super().translate_path(path)

    def do_POST(self):
        self.told.put(self.rfile.read(int(self.headers["content-length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        """The tests say what went wrong."""


def visit(arrived, *, seconds=60, **asked):
    """Open page.html with those parameters; return what the page told when it had made its calls.

    The page is left open until `arrived()` returns, as the SDK may send later.
    """
    told = queue.Queue()
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pages, told=told))
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{pages.server_port}/page.html?{urlencode(asked)}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        program = [chromium(), *FLAGS, f"--user-data-dir={profile}", url]
        browser = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            last_words = told.get(timeout=seconds)
            if last_words == "done":
                arrived()
            return last_words
        finally:
            browser.terminate()
            browser.wait(timeout=20)
            pages.shutdown()
            pages.server_close()
