"""Server: the mock on a socket, HTTP/1.1."""
