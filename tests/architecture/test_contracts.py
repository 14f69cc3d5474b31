"""Each import contract is seen to fail on a planted violation, so that none of them is a contract in name only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("settlement", "worker", "tasks", "config", "interfaces", "sandbox")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}

VIOLATIONS = [
    ("rooms", "settlement/operations/planted.py", "import worker.runtime"),
    ("rooms", "worker/planted.py", "import interfaces.cli"),
    ("rooms", "interfaces/cli/planted.py", "import tasks"),
    ("rooms", "settlement/model/planted.py", "import tasks"),
    ("rooms", "worker/planted.py", "import tasks"),
    ("settlement", "settlement/plans/planted.py", "import settlement.operations"),
    ("settlement", "settlement/rules/planted.py", "import settlement.plans"),
    ("settlement", "settlement/model/planted.py", "import settlement.rules"),
    ("settlement", "settlement/storage/planted.py", "import settlement.events"),
    ("settlement", "settlement/storage/planted.py", "import settlement.queries"),
    ("settlement", "settlement/model/planted.py", "import settlement.proof"),
    ("plans", "settlement/plans/draft/planted.py", "import settlement.plans.announcements"),
    ("plans", "settlement/plans/draft/planted.py", "import settlement.plans.finish.changes"),
    ("plans", "settlement/plans/write_off/planted.py", "import settlement.plans.charges"),
    ("plans", "settlement/plans/payments/planted.py", "import settlement.plans.outcomes"),
    ("storage", "settlement/storage/sql/planted.py", "import settlement.storage.work"),
    ("storage", "settlement/storage/work/planted.py", "import settlement.storage.load"),
    ("storage", "settlement/storage/load/planted.py", "import settlement.storage.apply"),
    ("storage", "settlement/storage/tables/planted.py", "import settlement.storage.sql"),
    ("proofs", "settlement/proof/planted.py", "import settlement.plans"),
    ("proofs", "settlement/audit/planted.py", "import settlement.rules"),
    ("doors", "settlement/queries/planted.py", "import settlement.rules"),
    ("doors", "settlement/storage/planted.py", "import settlement.rules"),
    ("doors", "settlement/gateways/planted.py", "import settlement.rules"),
    ("doors", "settlement/events/planted.py", "import settlement.rules"),
    ("doors", "settlement/focus/planted.py", "import settlement.plans"),
    ("pure", "settlement/model/planted.py", "import sqlalchemy"),
    ("pure", "settlement/rules/planted.py", "import time"),
    ("pure", "settlement/plans/planted.py", "import random"),
    ("pure", "settlement/proof/planted.py", "import logging"),
    ("reads", "interfaces/cli/commands/bills/planted.py", "import settlement.storage.work.runs"),
    ("reads", "interfaces/http/planted.py", "import settlement.storage.store"),
    ("fields", "interfaces/fields/planted.py", "import interfaces.cli.render.output"),
    ("fields", "interfaces/fields/planted.py", "import typer"),
    ("interfaces", "interfaces/cli/planted.py", "import interfaces.http.problems"),
    ("interfaces", "interfaces/http/console/planted.py", "import interfaces.cli.render.output"),
    ("settings", "settlement/operations/planted.py", "import config.settings"),
    ("settings", "tasks/planted.py", "import config.settings"),
    ("config", "config/planted.py", "import settlement.model"),
    ("client", "interfaces/http/planted.py", "import settle_client"),
    ("client", "config/planted.py", "import handbook.site"),
    ("client", "sandbox/planted.py", "from client.generator import names"),
    ("sandbox", "worker/planted.py", "import sandbox.local.stack"),
    ("sandbox", "interfaces/cli/planted.py", "import sandbox.local.stack"),
    ("sandbox", "interfaces/cli/commands/operations/planted.py", "import sandbox.local.processes"),
    ("celery", "settlement/operations/planted.py", "import celery"),
    ("celery", "tasks/planted.py", "import kombu"),
    ("celery", "interfaces/http/planted.py", "import celery"),
    ("thin", "tasks/planted.py", "import settlement.storage"),
    ("thin", "tasks/planted.py", "import sqlalchemy"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code, to plant violations in."""
    copy = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def lint(tree: Path) -> tuple[int, str]:
    """Exit code and report of all contracts, over the code in `tree`."""
    program = Path(sys.executable).parent / "lint-imports"
    ended = subprocess.run(
        [program, "--no-logo", "--cache-dir", tree / ".cache"],
        cwd=tree,
        # The copy comes before the installed project.
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def section(report: str, contract: str) -> str:
    """What a report says about a contract that is broken."""
    name = CONTRACTS[contract]["name"]
    assert f"{name} BROKEN" in report
    # Its name stands underlined above what is wrong; the next underlined line begins the next contract.
    _, found, after = report.partition(f"\n{name}\n---")
    assert found, report
    return re.split(r"\n[^\n]+\n-{3,}\n", after.lstrip("-"))[0]


def test_every_contract_holds_without_a_violation(tree):
    code, report = lint(tree)
    assert code == 0, report


def test_each_planted_violation_breaks_its_contract(tree):
    # All at once, each in a module of its own, since every look at the whole of the code takes seconds.
    planted = {}
    for number, (contract, path, line) in enumerate(VIOLATIONS):
        file = tree / path.replace("planted", f"planted_{number}")
        file.write_text(f"{line}\n")
        planted[contract, file.stem] = file
    try:
        code, report = lint(tree)
    finally:
        for file in planted.values():
            file.unlink()
    assert code == 1
    unseen = [key for key in planted if not re.search(rf"\b{key[1]}\b", section(report, key[0]))]
    assert unseen == []


def test_a_module_in_no_layer_breaks_the_contract_that_names_them_all(tree):
    stray = tree / "settlement/anything.py"
    stray.write_text("ROOM = 'a module that is in no layer'\n")
    try:
        code, report = lint(tree)
    finally:
        stray.unlink()
    assert code == 1
    assert "anything" in report


def test_every_contract_has_a_planted_violation():
    assert {contract for contract, _, _ in VIOLATIONS} == set(CONTRACTS)


def test_pure_rooms_are_kept_from_every_dependency():
    named = {re.split(r"[\[<>=;]", line)[0].replace("-", "_") for line in PROJECT["project"]["dependencies"]}
    assert named - set(CONTRACTS["pure"]["forbidden_modules"]) == set()
