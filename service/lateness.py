"""How late and how early usage may come, and so how long single events are remembered."""

from datetime import timedelta

OLDEST = timedelta(days=35)
"""How late a usage event may be; the duplicate window is at least as long."""
LEAST = OLDEST + timedelta(days=2)
"""What is known of single events is kept so long: as late as one may come, and some for clocks."""
AHEAD = timedelta(minutes=5)
"""How far ahead of Segue's own clock a client's may be."""
