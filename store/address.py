"""Where a database is: read without opening it, so that commands that need none start at once."""

SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")


def is_postgres(url: str) -> bool:
    """Whether an address is one of PostgreSQL's."""
    return url.startswith(SCHEMES)


def plain(url: str) -> str:
    """PostgreSQL's address as libpq reads it, which knows several hosts and its own parameters."""
    scheme = next(s for s in SCHEMES if url.startswith(s))
    return f"postgresql://{url.removeprefix(scheme)}"
