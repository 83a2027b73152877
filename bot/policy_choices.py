"""Settings that are chosen from a few words, whichever chat shows them."""

from collections.abc import Mapping

from engine.policy import Mode, Preset

CHOICES: Mapping[str, tuple[str, ...]] = {"mode": tuple(Mode), "preset": tuple(Preset)}
