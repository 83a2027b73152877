"""Conversations, one folder a platform: what comes in, what goes out, and its shapes."""
