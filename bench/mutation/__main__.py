"""Change a module of the engine in one place at a time: do the tests nearest to it notice?"""

import ast
import os
import re
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import spec_from_loader
from multiprocessing import get_context
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from cosmic_ray.commands.init import _all_work_items
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

CHANGES = re.compile(  # Of all the tool can do to a line: the opposite, and one step to the side.
    "AddNot|Replace(True|False|And|Or|Break|Continue)|Number|ZeroIter|Delete_|USub_UAdd|_(Add_Sub"
    "|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Mod_Mul|Pow_Mul|BitOr_BitAnd|BitAnd_BitOr|LShift_RShift"
    "|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE|GtE_Gt|GtE_Lt|Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is)$"
)
MODULE, NEAREST, MOST = sys.argv[1], sys.argv[2].split(","), int([*sys.argv, "9999"][3])
PATH = Path(f"engine/{MODULE}.py")
SOURCE = PATH.read_text()
PYTEST = ["-xq", "-p", "no:cacheprovider", *(f"tests/engine/test_{name}.py" for name in NEAREST)]


def attempt(source: str) -> None:
    """In a process of its own: import the changed source and end with what pytest says."""
    run = SimpleNamespace(create_module=lambda _: None)
    run.exec_module = lambda made: exec(source, made.__dict__)
    ours = lambda name, *_: spec_from_loader(name, run) if name == f"engine.{MODULE}" else None  # noqa: E731
    sys.meta_path.insert(0, SimpleNamespace(find_spec=ours))
    resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os._exit(pytest.main(PYTEST))


def lives(mutant: tuple[int, str, str]) -> bool:
    """Whether every test passes all the same."""
    child = get_context("fork").Process(target=attempt, args=mutant[2:])
    child.start()
    child.join()
    return child.exitcode == 0


tree = list(ast.walk(ast.parse(SOURCE)))
kept = [getattr(node, key, None) for node in tree for key in ("annotation", "returns")]
kept += [part for node in tree for part in getattr(node, "decorator_list", [])]
kept += [n.value for n in tree if isinstance(n, ast.Assign) and isinstance(n.value, ast.Subscript)]
spared = [((p.lineno, p.col_offset), (p.end_lineno, p.end_col_offset)) for p in kept if p]
mutants = [
    (
        one.start_pos[0],
        one.operator_name,
        mutate_code(SOURCE, get_operator(one.operator_name)(), one.occurrence),
    )
    for one in (item.mutations[0] for item in _all_work_items([PATH], {}))
    if CHANGES.search(one.operator_name) and not any(a <= one.start_pos < b for a, b in spared)
]
some = sorted(Random(1).sample(mutants, min(MOST, len(mutants))))
os.environ["CI"] = "1"  # Hypothesis repeats itself.
assert pytest.main(PYTEST) == 0  # What is imported here every fork shares, but for our own modules.
for name in [
    m for m in sys.modules if m.split(".")[0] in ("engine", "store", "service", "tests", "sqlmodel")
]:
    del sys.modules[name]
with ThreadPoolExecutor(os.cpu_count()) as pool:
    alive = [m for m, alive in zip(some, pool.map(lives, some), strict=True) if alive]
for line, kind, source in alive:
    print(f"{PATH}:{line}: {kind.removeprefix('core/')}: {source.splitlines()[line - 1].strip()}")
print(f"{MODULE}: {len(mutants)} mutants, {len(some)} tried, {len(alive)} survived")
