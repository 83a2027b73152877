"""What the widget weighs beside its peers, and what it costs a page in a real browser.

python -m bench.widget [--rounds 9] [--only sizes|page]

The sizes need a package registry: peers are installed into a folder that is thrown away.
"""

import argparse
import tempfile
from pathlib import Path

from bench.widget import page, sizes
from bench.world.machine import described
from tests.widget import build


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.widget", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=("sizes", "page"))
    arguments = parser.parse_args()
    print(f"{described()}\n")
    if arguments.only != "page":
        with tempfile.TemporaryDirectory() as folder:
            print(_sizes(sizes.weighed(Path(folder))))
    if arguments.only != "sizes":
        print(_page(page.costs(arguments.rounds)))


def _sizes(found: list[sizes.Weight]) -> str:
    ours = found[0]
    lines = ["| package | version | script, KB gzip | style, KB gzip | times ours |",
             "|---|---|--:|--:|--:|"]  # fmt: skip
    for one in found:
        times = (one.script + one.style) / (ours.script + ours.style)
        lines.append(
            f"| `{one.name}` | {one.version} | {one.script / 1024:.1f} | {one.style / 1024:.1f} |"
            f" {times:.1f} |"
        )
    loader = build.gzipped(build.BUILT / build.LOADER)
    return "\n".join(
        [*lines, "", f"By the script tag: loader {loader:,} bytes, all {build.size():,} bytes.", ""]
    )


def _page(found: dict[str, page.Cost]) -> str:
    heads = ("page", "script at load, ms", "all script, ms", "style, layout, ms", "shift", "asked")
    lines = [f"| {' | '.join(heads)} |", "|---|--:|--:|--:|--:|--:|"]
    lines += [
        f"| {name} | {one.at_load:.1f} | {one.script:.1f} | {one.style_and_layout:.1f} |"
        f" {one.shift:.3f} | {one.requests:.0f} |"
        for name, one in found.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
