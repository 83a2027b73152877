"""Whether the tests of the engine notice when it is changed."""
