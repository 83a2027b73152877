"""What the widget weighs beside its peers, and what it costs a page."""
