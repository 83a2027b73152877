"""Webhooks: events on their way to the vendor's own systems."""
