"""The store, on a real database file."""
