"""Preload: leads a Python process's connections to the caught hosts to the gateway.

A run copies this file into a folder on PYTHONPATH, beside a `sitecustomize.py` that calls `start`.
So it stands alone, loads next to nothing, and runs on every Python from 3.7 on.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

ADDRESS = "127.83.69.71"
"""What a caught name resolves to. A connection to it goes to the gateway, whatever its port."""

JOINED = {"PYTHONPATH": ":", "NODE_OPTIONS": " "}
"""Variables of which a process may have both its own value and ours, with what stands between."""

RUN = "TOPLYNE_SANDBOX_RUN"
"""Names the folder of the run a process belongs to."""

_MAPPED = "::ffff:"
_HERE = ("127.", "::1", "::ffff:127.", "localhost", "0.0.0.0", "::")  # noqa: S104 - not to bind


class Preload:
    """What is changed in a process; `install` does it, `remove` undoes it."""

    def __init__(
        self,
        *,
        hosts: Iterable[str],
        port: int,
        certificate: str,
        deny: bool,
        variables: Mapping[str, str],
    ) -> None:
        """Lead `hosts` to `port` of this machine, where `certificate` is trusted for them.

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
        """Change what is loaded now, and the rest when it is loaded."""
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
        """Change everything back."""
        while self._undo:
            self._undo.pop()()

    def _set(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put what `make` makes of an attribute in its place."""
        before = getattr(owner, name)
        is_own = name in vars(owner)
        made = make(before)
        setattr(owner, name, made)

        def undo() -> None:
            if vars(owner).get(name) is not made:
                return  # somebody else has changed it since, and back to what it was for him
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
        """Return the gateway's address for that of a caught host, any other as it is."""
        if not isinstance(address, tuple) or len(address) < 2:
            return address
        host = address[0]
        if host == ADDRESS or self._is_caught(host):
            return ("127.0.0.1", self._port)
        if host == _MAPPED + ADDRESS:
            return (_MAPPED + "127.0.0.1", self._port, *address[2:])
        if self._deny and not str(host).startswith(_HERE):
            raise ConnectionRefusedError(111, "toplyne-sandbox run denies %s" % host)  # noqa: UP031
        return address

    def _change_socket(self) -> None:
        import _socket  # noqa: PLC0415 - all of this file is loaded in every process

        loaded = sys.modules.get("socket")
        self._set(_socket, "getaddrinfo", self._resolving)
        for module in [_socket] if loaded is None else [_socket, loaded]:
            self._set(module, "gethostbyname", self._resolving)
            self._set(module, "gethostbyname_ex", self._resolving)
        owner: Any = type("CatchingSocket", (_socket.socket,), {"__slots__": ()})
        if loaded is None:  # it becomes what `socket.socket` is made of, and gevent's as well
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
        """Let every context trust our certificate that is about to be used for a caught host.

        Also one of the user's own, with a bundle of its own. The certificate vouches for no other
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
        """Return an environment with what leads here, unless it leads to a run within this one."""
        if environment.get(RUN, self._variables.get(RUN)) != self._variables.get(RUN):
            return environment
        completed = {**self._variables, **environment}
        for name, between in JOINED.items():
            ours, theirs = self._variables.get(name), environment.get(name)
            if ours and theirs and ours not in str(theirs):
                completed[name] = ours + between + str(theirs)
        return completed

    def _change_uvloop(self, module: Any) -> None:
        """Lead uvloop, which resolves and connects in C, by the arguments it is given."""

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
        """Lead aiodns, with which aiohttp resolves where it is installed, past any other way."""
        self._set(module.DNSResolver, "getaddrinfo", self._resolving_method)
        self._set(module.DNSResolver, "gethostbyname", self._resolving_method)


class _Finder:
    """Finds one module as the other finders do; loads it as their loader does, and changes it."""

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

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._change(module)


def start(folder: str, given_back: Mapping[str, str | None], **options: Any) -> None:
    """Begin in a process of a run: catch, tell the run so, let the user's own begin too."""
    Preload(**options).install()
    for name, value in given_back.items():  # requests obeys them before `session.verify`
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    version = ".".join(str(number) for number in sys.version_info[:3])
    try:
        with open(os.path.join(folder, "loaded"), "a") as told:  # noqa: PTH118, PTH123
            told.write("Python %s\n" % version)  # noqa: UP031
    except OSError:
        pass  # the run has ended, and this process outlived it
    _begin_next(os.path.join(folder, "python"))  # noqa: PTH118


def _begin_next(ours: str) -> None:
    """Load the `sitecustomize` that ours hides, where there is one."""
    sys.path[:] = [entry for entry in sys.path if entry != ours]
    this = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401, PLC0415
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = this
