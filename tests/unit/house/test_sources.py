"""The sources: small files, finished, named for what they are."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MAX_LINES = 400
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|NotImplementedError)\b")
VAGUE = re.compile(r"(?:Manager|Helpers?|Utils?|Util|Base)$")
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|work|Users)/\w")


def shipped() -> list[Path]:
    """Return every text file of the product, tests apart."""
    folders = [ROOT / name for name in ("benchmarks", "deploy", "docs", "src")]
    below = [file for folder in folders for file in folder.rglob("*")]
    return [
        file
        for file in [*below, *ROOT.glob("*.md"), ROOT / "Makefile"]
        if file.is_file() and file.suffix != ".pyc"
    ]


def found(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Return where a pattern occurs, as file:line."""
    return [
        f"{file.relative_to(ROOT)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if pattern.search(line)
    ]


def test_a_file_has_at_most_400_lines() -> None:
    """A longer file holds more than one concept."""
    assert SOURCES
    long = [
        str(file) for file in SOURCES if len(file.read_text().splitlines()) > MAX_LINES
    ]
    assert long == []


def test_nothing_is_left_unfinished() -> None:
    """The sources carry no note of work still to be done."""
    assert found(UNFINISHED, SOURCES) == []


def test_a_name_says_what_the_thing_is() -> None:
    """No class or file is called Manager, Helper, Utils or Base."""
    classes = [
        f"{file.relative_to(ROOT)}: {node.name}"
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef) and VAGUE.search(node.name)
    ]
    files = [str(file) for file in SOURCES if VAGUE.search(file.stem.capitalize())]
    assert classes + files == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    """What is shipped means the same on every machine."""
    assert found(MACHINE_PATH, shipped()) == []


def test_every_import_is_a_declared_dependency() -> None:
    """A package that came only with another one may leave with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    texts = sum(extras, start=project["dependencies"])
    declared = {canonicalize_name(Requirement(text).name) for text in texts}
    homes = packages_distributions()
    undeclared = {
        name
        for file in SOURCES
        for name in _imported(ast.parse(file.read_text()))
        if not declared & {canonicalize_name(home) for home in homes.get(name, ())}
    }
    assert undeclared - {"mainstay"} - sys.stdlib_module_names == set()


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names
