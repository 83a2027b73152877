"""Every word people read, rendered from frozen facts, and the lint that reads it first."""
