"""The widget in a real browser, against a stub that speaks the contract."""
