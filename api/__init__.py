"""The HTTP edge: a noun a file; handlers parse, make one service call and answer."""
