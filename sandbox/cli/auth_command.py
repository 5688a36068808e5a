"""`toplyne-sandbox auth`: test an API key as Segment does."""

from urllib.parse import urlsplit

from sandbox.cli.command import JsonCommand
from sandbox.cli.output import complain
from sandbox.cli.urls import ApiCommand, local_url, needed_key
from sandbox.delivery import Delivery
from sandbox.destination import check_authentication
from sandbox.toplyne import TOPLYNE


class AuthCommand(ApiCommand, JsonCommand):
    """Test an API key as Segment does when a destination is saved: GET /auth/me.

    Examples:
      toplyne-sandbox auth --url http://127.0.0.1:8020/v1 --api-key TOKEN
    """

    def run(self) -> None:
        """Test the key; print Segment's message, and a hint if the URL looks wrong."""
        settings = {TOPLYNE.settings[0].key: needed_key(self.api_key)}
        base_url = local_url(self.url, allow_remote=self.allow_remote)
        result = check_authentication(settings, base_url=base_url)
        hint = "" if result.ok else _hint(base_url, result.delivery)
        answer = result.delivery.json if result.delivery else None
        told = {"valid": result.ok, "error": result.error or None, "answer": answer}
        self.screen.record({**told, "hint": hint or None})
        self.screen.line(result.error or "Credentials are valid.")
        if hint and not self.as_json:
            complain(hint)
        self.failed = not result.ok


def _hint(base_url: str, delivery: Delivery | None) -> str:
    root = urlsplit(base_url)
    if delivery is not None and delivery.status is None:
        return (
            f"No server answers at {root.netloc}. `toplyne-sandbox serve` starts a mock and prints"
            " its URL."
        )
    wanted = urlsplit(TOPLYNE.base_url).path
    if root.path.rstrip("/") == wanted:
        return ""
    return (
        f"The URL of Toplyne's API ends in {wanted}: {root.scheme}://{root.netloc}{wanted}"
        f" rather than {base_url}."
    )
