"""A bare Flask route that answers 200 to what SDKs send; prints its port."""

import socket

from flask import Flask
from werkzeug.serving import make_server

app = Flask(__name__)


@app.post("/v1/batch")
def batch():
    return {"success": True}


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = make_server("127.0.0.1", port, app, threaded=True)
    print(port, flush=True)
    server.serve_forever()
