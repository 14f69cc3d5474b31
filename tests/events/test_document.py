"""docs/events.md says what the registry and the facts say."""

import ast
import re
from pathlib import Path

import pytest

from settlement.events.document import contracts, written
from settlement.events.registry import EVENTS
from settlement.model.announcements.topics import TOPICS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "events.md").read_text("utf-8")


def test_the_page_is_current():
    assert written(PAGE) == PAGE, "run make docs"


def test_the_contracts_are_current():
    folder = ROOT / "docs" / "contracts"
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert found == contracts(), "run make docs"


def test_every_type_and_topic_stands_in_its_table():
    types, topics = (
        re.search(f"<!-- {name} -->(.*)<!-- /{name} -->", PAGE, re.DOTALL) for name in ("types", "topics")
    )
    assert types is not None
    assert topics is not None
    assert re.findall(r"^\| `(\w+)` \|", types[1], re.MULTILINE) == list(EVENTS)
    assert set(re.findall(r"`(\w+\.\w+)`", topics[1])) >= set(TOPICS)


@pytest.mark.parametrize("name", ["types", "examples", "topics"])
def test_a_page_without_its_marks_is_none(name):
    with pytest.raises(ValueError, match=f"the marks of '{name}' are 0 times on the page"):
        written(PAGE.replace(f"<!-- /{name} -->\n", ""))


# The table of dunning is a setting; working days are counted when a bill is issued.
OF_NO_EVENT = {"bad_dunning_table", "bad_id", "no_working_days"}


def codes() -> set[str]:
    """The codes under which events are refused, wherever the reason is found."""
    found = set()
    for room in ("events", "plans", "rules", "model"):
        for path in (ROOT / "settlement" / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused":
                    code = node.args[0]
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        found.add(code.value)
    return found


def test_every_code_of_a_refusal_is_on_the_page():
    table = PAGE[PAGE.index("## Refused events") : PAGE.index("## Announcements")]
    assert len(codes()) > 40
    assert codes() - OF_NO_EVENT - set(re.findall(r"`(\w+)`", table)) == set()
