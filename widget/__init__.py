"""The in-app widget: plain modules under v1/, served as they are."""
