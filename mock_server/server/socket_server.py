"""Server: the mock on a real socket, in a thread of this process."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from mock_server.argument_checks import check_values, host_names
from mock_server.assertions import Assertions
from mock_server.bounds import Bounds
from mock_server.mock import Mock
from mock_server.real_clock import monotonic
from mock_server.routes import PREFIX
from mock_server.server.listening import listen, own_names
from mock_server.store.database import Limits
from sandbox.loopback import is_loopback
from sandbox.segment.definition import Rules

if TYPE_CHECKING:
    import httpx

    from mock_server.segment.segment_choices import SegmentChoices
    from mock_server.server.recorder import Recorder
    from mock_server.server.serving import Serving
    from mock_server.store.opening import Sync
    from sandbox.workspace import Workspace


_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class RealLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers use the real clock, even while a test freezes time."""

    time = staticmethod(monotonic)  # a static method, as it is called often


class MockServer(Assertions):
    """A mock of Toplyne on a socket. A context manager, or call `start()` and `stop()`.

    >>> with MockServer() as toplyne:
    ...     toplyne.client.get("/auth/me").status_code
    200

    `.profiles`, `.accounts`, `.events`, `.entries` and `.ledger` are those of the default tenant.
    `.tenant(name)` has those of another one.
    """

    mock: Mock
    serving: Serving
    """The connections, after `start()`."""

    def __init__(  # noqa: PLR0913 - what can be chosen, each by name
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tokens: Mapping[str, str] | None = None,
        rules: Rules = "documented",
        db: str | Path | None = None,
        db_sync: Sync = "normal",
        admin_token: str | None = None,
        allowed_hosts: Iterable[str] = (),
        limits: Limits | None = None,
        workspace: Workspace | None = None,
        segment: SegmentChoices | None = None,
        mock: Mock | None = None,
        bounds: Bounds | None = None,
        tls: bool = False,
        record: str | Path | None = None,
    ) -> None:
        """Make a mock, or use the given one. It listens after `start()`.

        With `tls` it speaks https only, and `ca_file` is the path of the certificate to trust.
        `record` is a file to which each exchange is appended, one HAR entry per line.

        Raises ValueError for wrong rules, names or tokens, and if other machines can reach the host
        and there is no `admin_token`. Raises InvalidStore for a file that cannot be opened as the
        store.
        """
        check_values(host=host, port=port)
        if not is_loopback(host) and not admin_token:
            raise ValueError(
                f"{host} is reachable from other machines: give an admin_token, or anybody could"
                " read and reset what the mock received"
            )
        self.host = host
        self.port = port
        own = own_names(host)
        self._called = f"[{own[0]}]" if ":" in own[0] else own[0]
        names = (*host_names(allowed_hosts), host, *own)
        made = mock or Mock(
            tokens=tokens,
            rules=rules,
            db=db,
            db_sync=db_sync,
            admin_token=admin_token,
            allowed_hosts=names,
            limits=limits,
            workspace=workspace,
            segment=segment,
        )
        self._bounds = bounds or Bounds()
        self._names = names
        self._wants_tls = tls
        self._ca_file: str | None = None
        self._client: httpx.Client | None = None
        self._transport: httpx.HTTPTransport | None = None
        self._recorder: Recorder | None = None
        self._closing = ExitStack()  # what to close, in reverse order
        self._closing.callback(made.close)
        if record is not None:
            from mock_server.server.recorder import Recorder  # noqa: PLC0415 - rarely needed

            self._recorder = Recorder(Path(record))
            self._closing.callback(self._recorder.close)
        super().__init__(made, made.view_of())

    def start(self) -> Self:
        """Listen, and return once requests are served.

        Raises OSError if the port is in use or cannot be used.
        """
        listener = listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        context = self._tls_context() if self._wants_tls else None
        started: Future[Serving] = Future()

        async def serve() -> None:
            from mock_server.server.serving import Serving  # noqa: PLC0415 - with the server

            serving = Serving(self.mock, self._bounds, context, self._ca_file, self._recorder)
            started.set_result(serving)
            await serving.until_stopped(listener)

        def run() -> None:
            try:
                # asyncio.Runner would also wait for its executor, in which `run` resolves names
                with listener, closing(RealLoop()) as loop:
                    loop.run_until_complete(serve())
            except BaseException as error:
                if started.done():
                    raise
                started.set_exception(error)  # start() raises it

        thread = threading.Thread(target=run, name="mock-toplyne", daemon=True)
        thread.start()
        self._closing.callback(thread.join)
        self.serving = started.result()
        self._closing.callback(self.serving.stop)
        return self

    def _tls_context(self) -> ssl.SSLContext:
        from mock_server.server.certificates import Authority  # noqa: PLC0415 - slow to load

        authority = Authority()
        self._ca_file = str(self._closing.enter_context(authority.written()))
        names = (name.strip("[]").lower() for name in self._names)
        return authority.server_context(dict.fromkeys((*_LOOPBACK, *names)))

    def stop(self) -> None:
        """Finish open requests, stop listening, close store and client. Idempotent."""
        if self.mock.made_segment is not None:
            # while the server still listens: a destination may be this server
            self.mock.made_segment.close()
        self.mock.hang_up()
        self._client = self._transport = None
        self._closing.close()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except OSError:
            self.stop()  # otherwise the store's file would stay locked
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The root URL, such as http://127.0.0.1:8020; https:// with `tls`.

        Raises RuntimeError before the start, if the server is to take a free port.
        """
        if not self.port:
            raise RuntimeError("the mock has no port yet: use `with MockServer()`, or call start()")
        return f"{'https' if self._wants_tls else 'http'}://{self._called}:{self.port}"

    @property
    def ca_file(self) -> str | None:
        """The path of the certificate that clients must trust, or None without TLS.

        The file exists from `start()` to `stop()`.
        """
        return self._ca_file

    @property
    def api_url(self) -> str:
        """The base URL for a destination. It ends in /v1."""
        return f"{self.url}{PREFIX}"

    @property
    def token(self) -> str:
        """The API token of the default tenant."""
        return self.mock.secrets[self.mock.default]

    @property
    def write_key(self) -> str:
        """The write key of the first source, for an SDK whose host is `url`."""
        return self.mock.write_key

    @property
    def rules(self) -> Rules:
        """The rules of the mock: documented or observed."""
        return self.mock.rules

    @property
    def client(self) -> httpx.Client:
        """An open httpx client with `api_url` as its base and the default tenant's token."""
        if self._client is None:
            self._client = self.client_with(self.token)
        return self._client

    def client_with(self, token: str) -> httpx.Client:
        """Return an httpx client with `api_url` as its base and that token.

        All these clients share their connections, which the server closes when it stops. The client
        need not be closed.
        """
        import httpx  # noqa: PLC0415 - slow to load, and not always needed

        if self._transport is None:
            trusts = self._ca_file and ssl.create_default_context(cafile=self._ca_file)
            self._transport = httpx.HTTPTransport(verify=trusts or False)
            self._closing.callback(self._transport.close)
        key, shared = {"Authorization": f"Bearer {token}"}, self._transport
        return httpx.Client(base_url=self.api_url, headers=key, transport=shared, trust_env=False)

    def tenant(self, name: str) -> Assertions:
        """Return the view of another tenant. Raises KeyError if no token has the name."""
        return Assertions.of(self.mock, name)
