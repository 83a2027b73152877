"""Tests of every word people read."""
