"""A synthetic world with known truth: who really crosses, and when, is known before Segue looks."""
