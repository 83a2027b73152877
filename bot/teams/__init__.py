"""Teams: what it does differently from every other chat."""
