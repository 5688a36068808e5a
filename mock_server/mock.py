"""Mock: the parts of one server, and what each of its tenants sees of them."""

from mock_server.assertions import Assertions
from mock_server.parts import Parts


class Mock(Parts):
    """One mock: it answers the calls of Toplyne's API, and knows what became of them."""

    def view(self, name: str | None = None) -> Assertions:
        """Return what the tenant of that name sees, the default one if there is none named.

        Raises KeyError for a name no token has.
        """
        return Assertions(self, self.view_of(name))
