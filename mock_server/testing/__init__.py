"""Testing: fixtures for pytest, and the mock inside an HTTP client."""
