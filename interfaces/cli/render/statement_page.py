"""A statement as one HTML page to print or to send: nothing in it is loaded from elsewhere, everything is escaped.

The page is well-formed XML too, so that a program can take it apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from html import escape
from string import Template

from interfaces.cli.render.output import printable
from interfaces.objects.statement_text import Part, facts, parts, provisional, title
from settlement.operations.reports.statement_figures import Statement

FIGURE = ' class="figure"'
_PAGE = Template("""<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>$title</title>
<style>
:root { color: #1a1a1a; background: #fff; font: 10.5pt/1.45 system-ui, "Helvetica Neue", Arial, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1.5rem; margin: 0 0 1.5rem; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem; }
caption { text-align: left; font-weight: 600; padding-bottom: 0.3rem; }
th { text-align: left; font-weight: 400; color: #555; border-bottom: 1px solid #999; }
th, td { padding: 0.15rem 0.75rem 0.15rem 0; vertical-align: top; overflow-wrap: anywhere; }
th.figure, td.figure { text-align: right; white-space: nowrap; padding-right: 0; padding-left: 0.75rem;
  font-variant-numeric: tabular-nums; }
tr.sum td { border-top: 1px solid #999; font-weight: 600; }
p.note { border: 1px solid #999; padding: 0.4rem 0.75rem; }
@page { size: A4; margin: 18mm 16mm; }
@media print {
  body { max-width: none; margin: 0; padding: 0; }
  table, dl { break-inside: auto; }
  tr, caption { break-inside: avoid; }
  caption { break-after: avoid; }
  thead { display: table-header-group; }
}
</style>
</head>
<body>
<h1>$title</h1>
$note$facts
$parts
</body>
</html>
""")


def statement_page(statement: Statement, zone: tzinfo) -> str:
    """The whole page."""
    note = provisional(statement)
    return _PAGE.substitute(
        title=_text(title(statement)),
        note=f'<p class="note">Provisional: {_text(note)}.</p>\n' if note else "",
        facts=_facts([fact for fact in facts(statement, zone) if fact[0] != "provisional"]),
        parts="\n".join(_table(part) for part in parts(statement, zone)),
    )


def _facts(pairs: Sequence[tuple[str, str]]) -> str:
    rows = "\n".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in pairs)
    return f"<dl>\n{rows}\n</dl>"


def _table(part: Part) -> str:
    right = [column.right for column in part.columns]
    head = _row("th", [column.name for column in part.columns], right, ' scope="col"')
    body = "\n".join(
        f"<tr{_sum_class(number in part.sums)}>{_row('td', row, right)}</tr>"
        for number, row in enumerate(part.rows)
    )
    return (
        f"<table>\n<caption>{_text(part.heading)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )


def _sum_class(is_sum: bool) -> str:
    return ' class="sum"' if is_sum else ""


def _row(tag: str, cells: Sequence[str], right: Sequence[bool], more: str = "") -> str:
    return "".join(
        f"<{tag}{FIGURE if to_right else ''}{more}>{_text(cell)}</{tag}>"
        for cell, to_right in zip(cells, right, strict=True)
    )


def _text(text: str) -> str:
    """Names come from outside: no markup, and no control characters, which XML has no way to write."""
    return escape(printable(text))
