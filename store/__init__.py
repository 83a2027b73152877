"""Tables and queries: SQLite by default; queries take a session and return engine values."""
