"""Store: everything the mock keeps, in SQLite."""
