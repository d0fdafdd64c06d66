"""The shape of the repository: packages listed, imports as the design says, nothing heavy imported early."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("games", "solvers", "marl", "population", "ratings", "report")
MAY_IMPORT = {
    "games": set(),
    "ratings": set(),
    "solvers": {"games"},
    "marl": {"games"},
    "population": {"games", "ratings", "solvers"},
    "report": {"games", "ratings", "solvers", "population"},
}
SHARED = {"progress"}
"""Root modules that any package may use."""
HOMES = {
    "torch": lambda f: f.startswith("marl/"),
    "pyspiel": lambda f: f == "games/openspiel.py",
    "pygambit": lambda f: False,
    "pettingzoo": lambda f: bool(re.search(r"^games/pettingzoo\w*\.py$|^testing\.py$", f)),
    "matplotlib": lambda f: f.startswith("report/"),
    "plotly": lambda f: f.startswith("report/"),
    "numba": lambda f: bool(re.search(r"/_[a-z_]+\.py$|^games/(rules|dynamics)\.py$|^games/catalog/", f)),
}


def modules():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def imports(file, tree):
    """-> (absolute root names, own packages that are imported)."""
    outside, own = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            outside |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                outside.add((node.module or "").partition(".")[0])
            else:
                parts = file.split("/")[: -node.level]
                whole = [*parts, *(node.module or "").split(".")] if node.module else parts
                own |= {whole[0]} if whole and whole[0] else {name.name for name in node.names}
    return outside, own


def test_packages_import_only_what_the_design_allows():
    wrong = []
    for file, tree in modules():
        package = file.split("/")[0]
        outside, own = imports(file, tree)
        extra = own - MAY_IMPORT[package] - {package} - SHARED
        wrong += [f"{file} imports {name}" for name in sorted(extra)]
        wrong += [f"{file} imports {name}" for name in sorted(outside & set(HOMES)) if not HOMES[name](file)]
        wrong += [f"{file} imports ludus by name" for name in outside & {"ludus"}]
    assert not wrong, wrong


def test_every_package_is_listed_and_every_listed_one_exists():
    listed = set(re.findall(r'^  "ludus((?:\.\w+)*)",$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE))
    folders = {
        "." + p.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for top in (*PACKAGES, "benchmarks")
        for p in (ROOT / top).rglob("__init__.py")
    }
    assert listed == folders | {""}


def test_import_is_light():
    heavy = ["torch", "pyspiel", "matplotlib", "numba", "scipy", "pettingzoo", "pandas"]
    code = f"import sys, ludus; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_solving_loads_no_learner_and_no_peer():
    code = (
        "import sys, ludus; ludus.solve('kuhn_poker', iterations=1);"
        "print([m for m in ('torch', 'pyspiel', 'matplotlib', 'pettingzoo') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_the_wheel_works_outside_the_checkout(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "demo", "runs"))
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", source]
    done = subprocess.run([*build, "-w", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    wheel = next(tmp_path.glob("ludus-*.whl"))
    target = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", wheel, target], check=True)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f)];"
        "import ludus; assert ludus.__file__.startswith(sys.argv[1]), ludus.__file__;"
        "assert len(ludus.available()) > 15; print(ludus.solve('kuhn_poker', iterations=10).iterations)"
    )
    done = subprocess.run([sys.executable, "-c", code, target], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "10", done.stderr


@pytest.mark.parametrize("word", ["allow_pickle=True", "pickle.load", "np.random.seed", "np.random.rand("])
def test_words_that_must_not_stand_in_the_package(word):
    found = [file for file, tree in modules() if word in (ROOT / file).read_text()]
    assert not found, found
