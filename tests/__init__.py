"""Tests: behaviour through public doors."""
