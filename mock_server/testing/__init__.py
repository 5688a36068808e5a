"""Testing: pytest fixtures, and transports that connect an HTTP client to the mock."""
