"""The HTTP contract, through a real port."""
