"""Hypothesis: random at a desk, repeatable in CI, and no deadline anywhere: machines differ."""

import os

from hypothesis import settings

from tests.backends import backend, nats, postgres  # noqa: F401  (fixtures of every room)

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
