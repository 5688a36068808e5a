"""Intercept: code with the hosts written into it, caught on this machine.

Three nets hang together, since none catches every client: a proxy with an authority of its own, a
preload for Python and Node, and on Linux a namespace in which nothing but the mock exists.
"""
