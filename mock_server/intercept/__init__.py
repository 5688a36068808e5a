"""Intercept: catch what code sends to hosts that are written into it, on this machine.

No single way catches every client, so there are three: a proxy with an authority of its own, a
preload for Python and Node, and on Linux a namespace in which only the mock exists.
"""
