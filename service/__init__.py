"""Use cases: the only callers of both store and engine, one verb a file."""
