"""Preload: redirects a Python process's connections to the caught hosts to the gateway.

A run copies this file into a folder on PYTHONPATH, beside a `sitecustomize.py` that calls `start`.
So it imports nothing of this package and little else, and runs on Python 3.7 and later.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

ADDRESS = "127.83.69.71"
"""The address of every caught name. A connection to any port of it goes to the gateway."""

JOINED = {"PYTHONPATH": ":", "NODE_OPTIONS": " "}
"""Variables that can hold a process's own value and ours, with the separator between them."""

RUN = "TOPLYNE_SANDBOX_RUN"
"""The variable with the folder of the run that a process belongs to."""

_MAPPED = "::ffff:"
_HERE = ("127.", "::ffff:127.", "::1/", "localhost/", "0.0.0.0/", "::/")  # "/" ends a whole name


class Preload:
    """The changes to a process: `install` makes them, `remove` undoes them."""

    def __init__(
        self,
        *,
        hosts: Iterable[str],
        port: int,
        certificate: str,
        deny: bool,
        variables: Mapping[str, str],
    ) -> None:
        """Redirect `hosts` to `port` of this machine, and trust `certificate` for them.

        `deny` refuses connections to other machines. Child processes that are given an
        environment of their own get `variables` too.
        """
        self._hosts = frozenset(hosts)
        self._port = port
        self._certificate = certificate
        self._deny = deny
        self._variables = dict(variables)
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Change the modules that are loaded now, and others when they are loaded."""
        self._change_socket()
        for name, change in (
            ("_ssl", self._change_ssl),
            ("subprocess", self._change_subprocess),
            ("uvloop", self._change_uvloop),
            ("aiodns", self._change_aiodns),
        ):
            if name in sys.modules:
                change(sys.modules[name])
            else:
                finder: Any = _Finder(name, change)
                sys.meta_path.insert(0, finder)
                self._undo.append(lambda finder=finder: sys.meta_path.remove(finder))  # type: ignore[misc]

    def remove(self) -> None:
        """Undo all changes."""
        while self._undo:
            self._undo.pop()()

    def _set(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace an attribute with what `make` returns for it."""
        before = getattr(owner, name)
        is_own = name in vars(owner)
        made = make(before)
        setattr(owner, name, made)

        def undo() -> None:
            if vars(owner).get(name) is not made:
                return  # other code has changed it since, and restores it itself
            if is_own:
                setattr(owner, name, before)
            else:
                delattr(owner, name)

        self._undo.append(undo)

    def _is_caught(self, host: object) -> bool:
        if isinstance(host, (bytes, bytearray)):
            host = bytes(host).decode("latin-1")
        return isinstance(host, str) and host.lower().rstrip(".") in self._hosts

    def _moved(self, address: Any) -> Any:
        """Return the gateway's address for a caught host's, and any other address unchanged."""
        if not isinstance(address, tuple) or len(address) < 2:
            return address
        host = address[0]
        if host == ADDRESS or self._is_caught(host):
            return ("127.0.0.1", self._port)
        if host == _MAPPED + ADDRESS:
            return (_MAPPED + "127.0.0.1", self._port, *address[2:])
        if self._deny and not ("%s/" % host).startswith(_HERE):  # noqa: UP031
            raise ConnectionRefusedError(111, "toplyne-sandbox run denies %s" % host)  # noqa: UP031
        return address

    def _change_socket(self) -> None:
        import _socket  # noqa: PLC0415 - every process loads this file

        loaded = sys.modules.get("socket")
        self._set(_socket, "getaddrinfo", self._resolving)
        for module in [_socket] if loaded is None else [_socket, loaded]:
            self._set(module, "gethostbyname", self._resolving)
            self._set(module, "gethostbyname_ex", self._resolving)
        owner: Any = type("CatchingSocket", (_socket.socket,), {"__slots__": ()})
        if loaded is None:  # `socket.socket` will derive from it, and gevent's too
            self._set(_socket, "socket", lambda _: owner)
        else:
            owner = loaded.socket
        self._set(owner, "connect", self._connecting)
        self._set(owner, "connect_ex", self._connecting)

    def _resolving(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def resolve(host: Any, *args: Any, **options: Any) -> Any:
            if self._is_caught(host):
                family = options.get("family", args[1] if len(args) > 1 else 0)
                host = _MAPPED + ADDRESS if family in (10, 23, 30) else ADDRESS  # AF_INET6
            return real(host, *args, **options)

        return resolve

    def _resolving_method(self, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda owner, *args, **options: self._resolving(
            lambda *args, **options: real(owner, *args, **options)
        )(*args, **options)

    def _connecting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda socket, address: real(socket, self._moved(address))

    def _change_ssl(self, module: Any) -> None:
        """Make every context trust our certificate when it is used for a caught host.

        This includes contexts with the user's own bundle. The certificate is valid for no other
        host.
        """

        def wrapping(real: Callable[..., Any], place: int) -> Callable[..., Any]:
            def wrap(context: Any, *args: Any, **options: Any) -> Any:
                host = options.get("server_hostname", args[place] if len(args) > place else None)
                if self._is_caught(host):
                    base.load_verify_locations(context, cadata=self._certificate)
                return real(context, *args, **options)

            return wrap

        base = module._SSLContext  # noqa: SLF001 - below every kind of context there is
        loaded = getattr(sys.modules.get("ssl"), "SSLContext", None)
        owner = type("_SSLContext", (base,), {}) if loaded is None else loaded
        self._set(owner, "_wrap_socket", lambda real: wrapping(real, 2))
        self._set(owner, "_wrap_bio", lambda real: wrapping(real, 3))
        if loaded is None:
            self._set(module, "_SSLContext", lambda _: owner)

    def _change_subprocess(self, module: Any) -> None:
        def with_ours(real: Callable[..., Any]) -> Callable[..., Any]:
            def init(popen: Any, *args: Any, **options: Any) -> Any:
                if options.get("env") is not None:
                    options["env"] = self._completed(options["env"])
                return real(popen, *args, **options)

            return init

        self._set(module.Popen, "__init__", with_ours)

    def _completed(self, environment: Mapping[Any, Any]) -> Mapping[Any, Any]:
        """Return an environment with our variables, unless it belongs to a run within this one."""
        if environment.get(RUN, self._variables.get(RUN)) != self._variables.get(RUN):
            return environment
        completed = {**self._variables, **environment}
        for name, between in JOINED.items():
            ours, theirs = self._variables.get(name), environment.get(name)
            if ours and theirs and ours not in str(theirs):
                completed[name] = ours + between + str(theirs)
        return completed

    def _change_uvloop(self, module: Any) -> None:
        """Redirect uvloop, which resolves and connects in C, by changing its arguments."""

        def connecting(real: Callable[..., Any]) -> Callable[..., Any]:
            def connect(
                loop: Any, factory: Any, host: Any = None, port: Any = None, **options: Any
            ) -> Any:
                if self._is_caught(host):
                    if options.get("ssl") and options.get("server_hostname") is None:
                        options["server_hostname"] = host
                    host, port = "127.0.0.1", self._port
                return real(loop, factory, host, port, **options)

            return connect

        self._set(module.Loop, "create_connection", connecting)
        self._set(module.Loop, "getaddrinfo", self._resolving_method)

    def _change_aiodns(self, module: Any) -> None:
        """Redirect aiodns, with which aiohttp resolves if it is installed, bypassing `socket`."""
        self._set(module.DNSResolver, "getaddrinfo", self._resolving_method)
        self._set(module.DNSResolver, "gethostbyname", self._resolving_method)


class _Finder:
    """Finds one module through the other finders, and changes it when it is loaded."""

    def __init__(self, name: str, change: Callable[[Any], None]) -> None:
        self._name = name
        self._change = change
        self._is_asking = False
        self._loader: Any = None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self._name or self._is_asking:
            return None
        self._is_asking = True
        try:
            specs = (finder.find_spec(name, path, target) for finder in sys.meta_path)
            spec: Any = next((spec for spec in specs if spec is not None), None)
        finally:
            self._is_asking = False
        if spec is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._change(module)


def set_variables(values: Mapping[str, str | None]) -> None:
    """Set environment variables, or remove those that are None."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def start(folder: str, given_back: Mapping[str, str | None], **options: Any) -> None:
    """Start in a process of a run: install, report it, and load the user's `sitecustomize`."""
    Preload(**options).install()
    set_variables(given_back)  # requests prefers them to `session.verify`
    version = ".".join(str(number) for number in sys.version_info[:3])
    try:
        with open(os.path.join(folder, "loaded"), "a") as told:  # noqa: PTH118, PTH123
            told.write("Python %s\n" % version)  # noqa: UP031
    except OSError:
        pass  # this process has outlived the run
    _begin_next(os.path.join(folder, "python"))  # noqa: PTH118


def _begin_next(ours: str) -> None:
    """Load the `sitecustomize` that ours hides, if there is one."""
    sys.path[:] = [entry for entry in sys.path if entry != ours]
    this = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401, PLC0415
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = this
