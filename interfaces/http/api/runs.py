"""Work over all accounts, or some, that another scheduler starts; and its brake. Rule: R12.7."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, get_args

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import as_object
from interfaces.fields.runs import RUNS, report_object
from interfaces.fields.values import Json, Money
from interfaces.http.api.context import Api, as_json
from interfaces.http.api.dry_runs import BUSY, DRY_RUN, dry_run, one_dry_run
from interfaces.http.api.operation import JSON, Operation, Schema, called, ref
from interfaces.http.api.reads.filters import ACCOUNT, CYCLE
from interfaces.http.api.samples import schema_of
from interfaces.http.problems import Problem
from interfaces.http.routing import number_in
from settlement.errors import Refused
from settlement.events.strict_json import strict_json
from settlement.model.cycle import parse_cycle
from settlement.model.report import Report
from settlement.model.runs import MOST_ACCOUNTS, Requested
from settlement.operations.schedule.requested_runs import StartedRun, requested, start_run
from settlement.operations.schedule.run_previews import preview_run
from settlement.operations.schedule.runs import pause_run, resume_run
from settlement.queries import Store, runs
from settlement.queries.runs import RunView
from worker.requested_runs import wake_for

_KINDS = get_args(Requested)


async def post_run(api: Api, request: Request) -> Response:
    """Starts work of a kind, or finds it: 202 while workers have it before them, 200 where nothing is left."""
    caller = await api.caller(request, "operate")
    is_dry = dry_run(request)
    wanted = _wanted(await api.body(request))
    names = wanted.get("accounts", [])
    if caller.sender.accounts is not None and not (names and all(map(caller.sender.may_name, names))):
        raise Problem(403, "not_allowed", "this key may name some accounts only: name those in `accounts`")
    if is_dry:
        return as_json(await _previewed(api, wanted))
    runtime = api.runtime

    def start() -> tuple[StartedRun, RunView | None]:
        cycle = None if "cycle" not in wanted else parse_cycle(wanted["cycle"])
        at, policy, limits = runtime.now(), runtime.policy, runtime.month_close_limits
        found = start_run(runtime.store, wanted["kind"], cycle, names, at=at, policy=policy, limits=limits)
        wake_for(wanted["kind"], found)
        return found, None if found.run_id is None else _run(runtime.store, found.run_id)

    found, run = await api.in_thread(start)
    if run is None:
        return as_json({"kind": wanted["kind"], "run": None}, 202 if found.has_work else 200)
    status = 202 if run.state == "running" else 200
    return as_json({"kind": run.kind, "run": as_object(RUNS, run)}, status, Location=f"/v1/runs/{run.id}")


async def _previewed(api: Api, wanted: Mapping[str, Any]) -> dict[str, Json]:
    """What it would come to, one dry run at a time, on no thread of those by which the API reads."""
    runtime, kind = api.runtime, wanted["kind"]
    cycle = None if "cycle" not in wanted else parse_cycle(wanted["cycle"])
    at = await api.in_thread(runtime.as_of)
    preview = partial(
        preview_run, runtime.store, kind, cycle, wanted.get("accounts", []), at=at, policy=runtime.policy,
        limits=runtime.month_close_limits,
    )  # fmt: skip
    try:
        with one_dry_run(api):
            found = await run_sync(preview)
    except Refused as error:
        if error.code == BUSY:
            raise Problem(429, BUSY, error.message) from None
        raise
    charged = [Money(minor, currency) for currency, minor in sorted(found.report.charged_minor.items())]
    return {
        "dry_run": True, "kind": kind, "cycle": wanted.get("cycle"), "accounts": found.accounts,
        "report": report_object(found.report), "charged": charged,
    }  # fmt: skip


async def brake(api: Api, request: Request, *, act: Callable[[Store, int], bool]) -> Response:
    """Pauses or resumes a run."""
    caller = await api.caller(request, "operate")
    if caller.sender.accounts is not None:
        raise Problem(403, "not_allowed", "this key may name some accounts only, and a run is of all")
    store, run_id = api.runtime.store, number_in(request.path_params, "run")

    def done() -> RunView:
        act(store, run_id)
        run = _run(store, run_id)
        if run.state == "running":
            wake_for(run.kind, StartedRun(run_id, has_work=True))
        return run

    return as_json(as_object(RUNS, await api.in_thread(done)))


def _run(store: Store, run_id: int) -> RunView:
    with store.transaction() as tx:
        return runs.run(tx, run_id)


def _wanted(body: bytes) -> dict[str, Any]:
    """What the body asks for."""
    try:
        wanted = strict_json(body)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad_json", f"not JSON: {error}") from None
    if not isinstance(wanted, dict):
        raise Problem(400, "bad_shape", "the body is an object")
    if unknown := sorted(set(wanted) - {"kind", "cycle", "accounts"}):
        raise Refused("bad_shape", f"{unknown[0][:40]}: is not known; known are kind, cycle, accounts")
    wanted["kind"] = requested(str(wanted.get("kind")))
    if not isinstance(wanted.get("cycle", ""), str):
        raise Refused("bad_shape", "cycle: must be YYYY-MM")
    names = wanted.get("accounts", [])
    if not isinstance(names, list) or not all(_is_name(name) for name in names):
        raise Refused("bad_shape", "accounts: must be a list of names")
    return wanted


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and "\0" not in value and value.isprintable()


_RUN: Schema = called("Run", schema_of(RunView, partial(as_object, RUNS)))
_STARTED: Schema = called("StartedRun", {
    "type": "object", "required": ["kind", "run"],
    "properties": {"kind": {"enum": list(_KINDS)}, "run": {"anyOf": [_RUN, {"type": "null"}]}},
})  # fmt: skip
_PREVIEW: Schema = called("RunPreview", {
    "type": "object", "required": ["dry_run", "kind", "cycle", "accounts", "report", "charged"], "properties": {
        "dry_run": {"const": True}, "kind": {"enum": list(_KINDS)}, "cycle": {"type": ["string", "null"]},
        "accounts": {"type": "integer", "description": "So many were looked at."},
        "report": schema_of(Report, report_object), "charged": {"type": "array", "items": ref("Amount")},
    },
})  # fmt: skip
_WANTED: Schema = called("RunRequest", {
    "type": "object", "required": ["kind"], "additionalProperties": False, "properties": {
        "kind": {"enum": list(_KINDS)},
        "cycle": {**CYCLE.schema, "description": "Of a month close or a sweep."},
        "accounts": {
            "type": "array", "items": ACCOUNT.schema, "maxItems": MOST_ACCOUNTS,
            "description": "Only for these; done when it is answered.",
        },
    },
})  # fmt: skip
OPERATIONS = (
    Operation(
        "start_run", "POST", "/runs", "Starts a month close, a month-end sweep or a look at thresholds, or finds it.",
        "operate", post_run, {200: {JSON: {"anyOf": [_STARTED, _PREVIEW]}}, 202: {JSON: _STARTED}}, "runs",
        [DRY_RUN], {JSON: _WANTED}, [400, 404, 408, 413, 422, 429],
    ),
    Operation(
        "pause_run", "POST", "/runs/{run}/pause", "Hands out no more of a run.", "operate",
        partial(brake, act=pause_run), {200: {JSON: _RUN}}, "runs", problems=[404],
    ),
    Operation(
        "resume_run", "POST", "/runs/{run}/resume", "Lets a paused run go on, and tries again what failed.", "operate",
        partial(brake, act=resume_run), {200: {JSON: _RUN}}, "runs", problems=[404],
    ),
)  # fmt: skip
