"""Says of many keys at once where they may have been seen, so that new ones need no look-up.

A Bloom filter (Bloom 1970) per part, eight parts to a byte: one gather answers for eight. It only
saves look-ups: a "may be" is always asked of the table, and a part it does not know is asked too.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from store.fingerprint import WIDTH

PROBES = 6
"""Bits a key sets: with 32 bits a key, 3 in 100,000 unseen keys are asked in vain, by part; with
16 bits a key 1 in 1,000. Filters on disk rest on it and on `_places`: who changes
either drops them in a migration."""
_LANES = 8
_ODD = np.uint64(0x9E3779B97F4A7C15)
"""2**64 over the golden ratio: spreads the account's part of a key over the event's."""
Places = NDArray[np.intp]


class Sieve:
    """What may be in which part. `bits`: for each part, a power of two."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._slices: list[NDArray[np.uint8]] = []
        self._lanes: dict[int, int] = {}

    def add(self, part: int, keys: bytes) -> None:
        """Let keys of a part be known."""
        lane = self._lanes.get(part)
        if lane is None:
            lane = self._lanes[part] = self._free()
        cells, bit = self._slices[lane // _LANES], np.uint8(1 << lane % _LANES)
        for places in _places(keys, self._bits):
            cells[places] |= bit

    def load(self, part: int, filter: bytes) -> None:
        """Let all keys of a part be known, by the filter that `filtered` made of them."""
        lane = self._lanes[part] = self._free()
        bits = np.unpackbits(np.frombuffer(filter, np.uint8))
        bits <<= np.uint8(lane % _LANES)
        self._slices[lane // _LANES] |= bits

    def suspects(self, keys: bytes) -> dict[int, Places]:
        """For each part, the places of the keys that may be in it."""
        if not self._lanes:
            return {}
        places = _places(keys, self._bits)
        used = {lane // _LANES for lane in self._lanes.values()}
        marked = {n: _marked(self._slices[n], places) for n in used}
        found: dict[int, Places] = {}
        for part, lane in self._lanes.items():
            left, marks = marked[lane // _LANES]
            if len(left):
                where = left[(marks & np.uint8(1 << lane % _LANES)) != 0]
                if len(where):
                    found[part] = where
        return found

    def forget(self, part: int) -> None:
        """Let go of a part; its lane is for another."""
        lane = self._lanes.pop(part, None)
        if lane is not None:
            self._slices[lane // _LANES] &= np.uint8(0xFF ^ (1 << lane % _LANES))

    def _free(self) -> int:
        taken = set(self._lanes.values())
        lane = next(n for n in range(len(taken) + 1) if n not in taken)
        if lane // _LANES == len(self._slices):
            self._slices.append(np.zeros(self._bits, np.uint8))
        return lane


def filtered(blocks: Iterable[bytes], bits: int) -> bytes:
    """The filter of a part whose keys come in blocks, to be kept and loaded."""
    cells = np.zeros(bits, np.bool_)
    for keys in blocks:
        for places in _places(keys, bits):
            cells[places] = True
    return np.packbits(cells).tobytes()


def _places(keys: bytes, bits: int) -> Sequence[Places]:
    """Kirsch and Mitzenmacher (2006): two hashes make as many as are needed."""
    words = np.frombuffer(keys, "<u8").reshape(-1, WIDTH // 8)
    mixed = words[:, 1] ^ (words[:, 0] * _ODD)
    first, step = mixed & np.uint64(0xFFFFFFFF), (mixed >> np.uint64(32)) | np.uint64(1)
    mask = np.uint64(bits - 1)
    return [((first + np.uint64(n) * step) & mask).astype(np.intp) for n in range(PROBES)]


def _marked(cells: NDArray[np.uint8], places: Sequence[Places]) -> tuple[Places, NDArray[np.uint8]]:
    """Which keys may be in a slice, and in which of its lanes; few are asked for every bit."""
    first, second, *others = places
    marks = cells[first] & cells[second]
    left = np.flatnonzero(marks)
    marks = marks[left]
    for more in others:
        marks &= cells[more[left]]
    still = marks != 0
    return left[still], marks[still]
