"""Long measurements, each run by its own command."""
