"""Intercept: catch, on this machine, the calls of code whose hosts cannot be configured.

No single way catches every client, so there are three: a proxy with its own certificate authority,
a preload for Python and Node, and on Linux a network namespace in which only the mock exists.
"""
