"""The page of others' failures: each row names a test, and the test exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "explanation" / "others-failures.md"
BASES = (ROOT, ROOT / "src" / "mainstay")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def rows() -> list[str]:
    """Return the rows of the page's tables, without their heads."""
    lines = PAGE.read_text().splitlines()
    body = [line for line in lines if line.startswith("| ")]
    return [line for line in body if not line.startswith(("| failure", "| ---"))]


def functions_of(file: Path) -> set[str]:
    """Return the names of a file's test functions, also of those in classes."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = ast.walk(ast.parse(file.read_text()))
    return {node.name for node in nodes if isinstance(node, functions)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[2:50])
def test_each_failure_has_its_test(row: str) -> None:
    """By the path of its file and its own name."""
    named = NAMED.findall(row.rsplit("|", 2)[1])
    assert named, row
    for path, name in named:
        [file] = [base / path for base in BASES if (base / path).exists()]
        assert name in functions_of(file), f"{path}::{name}"


def test_the_page_has_them_all() -> None:
    """None of the rows got lost."""
    assert len(rows()) >= 20
