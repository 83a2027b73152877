"""How much usage is taken in a second, beside what bounds it, in one run on this machine."""
