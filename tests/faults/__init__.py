"""Faults under load: what was acknowledged is counted once, nothing is told twice, it recovers."""
