"""The front door: command line, settings, wiring, jobs and the demo."""

__version__ = "0.1.0"
