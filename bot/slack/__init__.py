"""Slack: summaries, forwards, cards and `/segue`, over Bolt and the Web API."""
