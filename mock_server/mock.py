"""Mock: the parts of one server, and the view of each tenant."""

from mock_server.assertions import Assertions
from mock_server.parts import Parts


class Mock(Parts):
    """One mock: it answers the calls of Toplyne's API and keeps what was received."""

    def view(self, name: str | None = None) -> Assertions:
        """Return the view of the tenant with that name, by default of the default tenant.

        Raises KeyError if no token has the name.
        """
        return Assertions(self, self.view_of(name))
