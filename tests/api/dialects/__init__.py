"""Dialects: real SDKs and bytes against a real server."""
