"""The demo: real usage through the real doors, on a clock that runs faster, shown on one page."""
