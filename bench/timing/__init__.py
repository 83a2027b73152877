"""When the asks come, on real usage: Segue beside the baselines of a benchmark kept elsewhere."""
