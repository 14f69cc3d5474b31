"""Tables are put where a page has those of before, and nowhere else."""

from __future__ import annotations

from bench.report.documents import rewritten
from bench.report.table import Table
from bench.report.tables import GOAL_COLUMNS

PAGE = """# Page

## Audit

What it is.

| what | why |
|---|---|
| a | b |

Audit (2 cores, yesterday), median

| bills | seconds |
|---|---|
| 10 | 1 |
| 20 | 2 |

Text after it.

| goal | wanted | measured |  |
|---|---|---|---|
| fast | 1 | 2 | met |
"""


def test_a_table_takes_the_place_of_the_one_of_before_with_its_title():
    drawn = Table("Audit (4 cores, today), median", ("bills", "seconds"), [("30", "3")])
    found = rewritten(PAGE, [drawn])
    assert (
        "\nAudit (4 cores, today), median\n\n| bills | seconds |\n|---|---|\n| 30 | 3 |\n\nText after it.\n"
        in found
    )
    assert "| 10 | 1 |" not in found
    assert "| a | b |" in found


def test_goals_are_known_by_their_columns_and_get_no_title():
    found = rewritten(PAGE, [Table("Goals", GOAL_COLUMNS, [("slow", "1", "–", "", "not measured")])])
    assert found.endswith(
        "| goal | wanted | measured | beside it |  |\n|---|---|---|---|---|\n| slow | 1 | – |  | not measured |\n"
    )
    assert "Goals" not in found


def test_sizes_in_a_title_may_change():
    page = "Pages of the console over 100 bills, 5 requests each (yesterday)\n\n| page |\n|---|\n| old |\n"
    drawn = Table("Pages of the console over 999 bills, 7 requests each (today)", ("page",), [("new",)])
    assert (
        rewritten(page, [drawn])
        == "Pages of the console over 999 bills, 7 requests each (today)\n\n| page |\n|---|\n| new |\n"
    )


def test_a_table_that_a_page_does_not_have_is_not_added():
    assert rewritten(PAGE, [Table("Webhooks (today)", ("what",), [("x",)])]) == PAGE
