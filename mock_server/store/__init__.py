"""Store: what the mock knows, in SQLite."""
