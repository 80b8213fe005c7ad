"""Each import contract is alive: a deliberate breach of it is caught, by the contract that forbids it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {
    "shared": "shared/src",
    "ingest": "services/ingest/src",
    "rates": "services/rates/src",
    "search": "services/search/src",
    "gateway": "services/gateway/src",
    "silkwire": "deploy/local/src",
}

BREACHES = {
    "a service imports another": (
        "ingest/ports/__init__.py",
        "import search.ports",
        "Services do not know each other",
    ),
    "shared imports a service": ("shared/clock.py", "import rates.ports", "Services do not know each other"),
    "a service imports test tools": (
        "rates/ports/__init__.py",
        "import shared.testing.clock",
        "Test tools stay in tests",
    ),
    "an adapter imports the composition root": (
        "search/adapters/__init__.py",
        "import search.app",
        "Inside a service imports run one way",
    ),
    "a rule imports an adapter": (
        "ingest/domain/__init__.py",
        "import ingest.adapters",
        "Inside a service imports run one way",
    ),
    "a module stands outside the layers": (
        "gateway/helpers.py",
        '"""Helpers."""',
        "Inside a service imports run one way",
    ),
    "a rule imports an I/O library": ("rates/domain/__init__.py", "import httpx2", "Rules do no I/O"),
    "a rule imports the bus": ("ingest/domain/__init__.py", "import shared.bus", "Rules do no I/O"),
    "contracts import the bus": (
        "shared/contracts/__init__.py",
        "import shared.bus",
        "Inside shared imports run one way",
    ),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all packages, beside the configuration."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package, source in SOURCES.items():
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / source / package, folder / "src" / package, ignore=ignore)
    return folder


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  the linter of this environment
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_breach_every_contract_is_kept(tree: Path) -> None:
    result = lint_imports(tree)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_caught_by_its_contract(tree: Path, breach: str) -> None:
    path, line, contract = BREACHES[breach]
    target = tree / "src" / path
    before = target.read_text(encoding="utf-8") if target.exists() else None
    target.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        result = lint_imports(tree)
    finally:
        if before is None:
            target.unlink()
        else:
            target.write_text(before, encoding="utf-8")
    assert result.returncode != 0, result.stdout
    broken = [text for text in result.stdout.splitlines() if text.rstrip().endswith("BROKEN")]
    assert any(contract in text for text in broken), result.stdout
