"""Dry runs: how a request asks for one, and that only one of a month close is under way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from anyio import WouldBlock
from starlette.requests import Request

from interfaces.http.api.context import Api
from interfaces.http.api.operation import parameter
from interfaces.http.problems import Problem
from settlement.errors import Refused

BUSY = "busy"
DRY_RUN = parameter(
    "query", "dry_run", "Only say what it would pay and charge; nothing is kept.", {"type": "boolean"}
)


def dry_run(request: Request) -> bool:
    """Does a request ask for one.

    Raises:
        Problem: it says neither yes nor no.
    """
    given = request.query_params.getlist("dry_run")
    if any(value not in ("true", "false") for value in given):
        raise Problem(400, "bad_shape", "dry_run: must be true or false")
    return bool(given) and given[-1] == "true"


@contextmanager
def one_dry_run(api: Api) -> Iterator[None]:
    """One dry run of a run at a time.

    Raises:
        Refused: `busy`, there is one.
    """
    turn = object()
    try:
        api.dry_runs.acquire_on_behalf_of_nowait(turn)
    except WouldBlock:
        raise Refused(BUSY, "Somebody else's dry run is under way. Try again when it is done.") from None
    try:
        yield
    finally:
        api.dry_runs.release_on_behalf_of(turn)
