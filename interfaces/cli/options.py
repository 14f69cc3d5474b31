"""Options and arguments that several commands have, each stated once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from interfaces.cli.arguments import BillName, to_bill, to_number

AccountOption = Annotated[str | None, typer.Option("--account", help="Only this account's.")]
BillArgument = Annotated[BillName, typer.Argument(parser=to_bill, metavar="BILL", help="ACCOUNT:YYYY-MM.")]
RowArgument = Annotated[int, typer.Argument(parser=to_number, metavar="ID", help="The number of its row.")]
AfterBillOption = Annotated[
    BillName | None, typer.Option("--after", parser=to_bill, metavar="BILL", help="Continue after this bill.")
]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who says so; by default this user.")
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of printing."),
]


def choice_option(what: str, choices: Sequence[str]) -> Any:
    """An option for one of these; `what` it does, as its help begins."""

    def to_choice(text: str) -> str:
        if text not in choices:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(choices)}")
        return text

    return typer.Option(parser=to_choice, metavar="TEXT", help=f"{what}: {', '.join(choices)}.")
