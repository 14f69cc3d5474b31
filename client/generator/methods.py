"""An operation as methods; for those who wait and for asyncio the same."""

from __future__ import annotations

from collections.abc import Iterator

from client.generator.arguments import body_arguments, given, listed, mapped, parameter
from client.generator.flavours import Flavour
from client.generator.models import ARGUMENT, RECEIVED, Models, camel, docstring
from client.generator.operations import CSV, JSON, Operation

# As many as a page has at most, for whoever wants all.
_MANY = 1_000


def methods_of(one: Operation, models: Models, flavour: Flavour) -> Iterator[str]:
    """The methods of an operation: of a listing several, else one."""
    if one.declared["operationId"] == "post_events":
        yield from _events(models, flavour)
    elif "Idempotency-Key" in one.headers:
        yield _command(one, models, flavour)
    elif any(declared["name"] == "dry_run" for declared in one.query):
        yield _started(one, models, flavour)
    elif one.is_listing:
        yield from _listing(one, models, flavour)
    else:
        yield _single(one, models, flavour)


def _command(one: Operation, models: Models, flavour: Flavour) -> str:
    body = one.declared["requestBody"]["content"][JSON]["schema"]
    schema = models.component(body)
    own, sent = body_arguments(schema, models)
    options = ["idempotency_key: str | None = None", "if_match: str | None = None", "wait: int | None = None"]
    names = [f"{name}: str" for name in one.names]
    if "account" not in one.names:
        # It is in the body, as there is none yet whose path it could be; first of all here as everywhere.
        names, own = ["account: str"], [text for text in own if not text.startswith("account:")]
    about = f"{schema.get('description', '')}\n\n{one.declared['summary']} {_KEYS}"
    call = (
        f'sent = command("{one.verb}", "{one.path}", names={mapped(one.names)}, body={mapped(sent)}, '
        "dry_run=dry_run, idempotency_key=idempotency_key, if_match=if_match, wait=wait)"
    )
    done, preview = models.named("Outcome", RECEIVED), models.named("Preview", RECEIVED)
    return _done_or_previewed(
        one, flavour, [*names, "*", *own], options, f"{docstring(about, 8)}        {call}", done, preview
    )


def _started(one: Operation, models: Models, flavour: Flavour) -> str:
    """Work that may be previewed: of what success is, the first is what was done."""
    own, sent = body_arguments(
        models.component(one.declared["requestBody"]["content"][JSON]["schema"]), models
    )
    done, preview = (models.type_of(kind, RECEIVED, "") for kind in one.response["anyOf"])
    about = f"{one.declared['summary']} `dry_run`: only what it would come to, and nothing is kept."
    query = '{"dry_run": True if dry_run else None}'
    call = f'sent = request("{one.verb}", "{one.path}", query={query}, body={mapped(sent)})'
    return _done_or_previewed(
        one, flavour, ["*", *own], [], f"{docstring(about, 8)}        {call}", done, preview
    )


def _done_or_previewed(
    one: Operation,
    flavour: Flavour,
    arguments: list[str],
    options: list[str],
    sent: str,
    done: str,
    preview: str,
) -> str:
    """A method whose result is a preview where it was asked for one, and its type says so."""

    def signature(dry_run: str, returned: str) -> str:
        given = listed(["self", *arguments, dry_run, *options])
        return f"    {flavour.def_} {one.method}({given}) -> {returned}:"

    return "\n".join([
        "    @overload", signature("dry_run: Literal[False] = False", f"models.{done}") + " ...",
        "    @overload", signature("dry_run: Literal[True]", f"models.{preview}") + " ...",
        signature("dry_run: bool = False", f"models.{done} | models.{preview}"), sent,
        f"        if dry_run:\n            return {flavour.await_}self._wire.one(models.{preview}, sent)",
        f"        return {flavour.await_}self._wire.one(models.{done}, sent)\n",
    ])  # fmt: skip


_KEYS = (
    "Under one `idempotency_key` it is done once; one is drawn where none is given. `dry_run`: only what it would pay "
    "and charge, and nothing is kept. `if_match`: the `etag` under which what it edits was read. `wait`: up to so many "
    "seconds, 30 at most, for its outcome."
)


def _listing(one: Operation, models: Models, flavour: Flavour) -> Iterator[str]:
    (rows,) = (name for name in one.response["properties"] if name != "next")
    row = models.type_of(one.response["properties"][rows]["items"], RECEIVED, camel(rows))
    names = [f"{name}: str" for name in one.names]
    filters = [parameter(models, declared) for declared in one.query]
    many = [f"limit: int = {_MANY}" if text.startswith("limit:") else text for text in filters]
    suffix = one.method.removeprefix("list")
    about = one.declared["summary"]
    query = [declared["name"] for declared in one.query]
    call, whole_call = (
        f'request("GET", "{one.path}"{given(one.names, "names")}{given(of, "query")})'
        for of in (query, [name for name in query if name != "limit"])
    )
    own = f'models.{row}, "{rows}"'

    def method(
        name: str, arguments: list[str], returned: str, text: str, body: str, define: str = "def"
    ) -> str:
        head = f"    {define} {name}({listed(['self', *names, '*', *arguments])}) -> {returned}:\n"
        return f"{head}{docstring(text, 8)}        return {body}\n"

    yield method(
        one.method, filters, f"Page[models.{row}]", f"{about} One page.",
        f"{flavour.await_}self._wire.page({own}, {call})", flavour.def_,
    )  # fmt: skip
    if any(declared["name"] == "after" for declared in one.query):
        text = f"{about} All of them, page by page as they are taken."
        yield method(
            f"each{suffix}",
            many,
            f"{flavour.iterator}[models.{row}]",
            text,
            f"self._wire.each({own}, {call})",
        )
    if rows == "announcements":
        text = f"{about} All of them, and those to come: without an end, looked for every so many seconds."
        yield method(
            f"follow{suffix}", [*many, "every_s: float = 2.0"], f"{flavour.iterator}[models.{row}]", text,
            f"self._wire.follow({own}, {call}, every_s)",
        )  # fmt: skip
    if CSV in one.declared["responses"]["200"]["content"]:
        whole = [text for text in filters if not text.startswith("limit:")]
        yield method(
            f"csv{suffix}", whole, f"{flavour.iterator}[bytes]", f"{about} All of them as CSV, in pieces.",
            f"self._wire.csv({whole_call})",
        )  # fmt: skip


def _single(one: Operation, models: Models, flavour: Flavour) -> str:
    own: list[str] = []
    sent: list[str] = []
    if "requestBody" in one.declared:
        own, sent = body_arguments(
            models.component(one.declared["requestBody"]["content"][JSON]["schema"]), models
        )
    arguments = ["self", *(f"{name}: str" for name in one.names), *(["*", *own] if own else [])]
    call = f'request("{one.verb}", "{one.path}"{given(one.names, "names")}{given(sent, "body")})'
    returned, wire = "dict[str, object]", f"document({call})"
    if "$ref" in one.response:
        returned = f"models.{models.type_of(one.response, RECEIVED, '')}"
        wire = f"one({returned}, {call})"
    head = f"    {flavour.def_} {one.method}({listed(arguments)}) -> {returned}:\n"
    return f"{head}{docstring(one.declared['summary'], 8)}        return {flavour.await_}self._wire.{wire}\n"


def _events(models: Models, flavour: Flavour) -> Iterator[str]:
    """The one operation that has two kinds of bodies: its name says which, and so do the types."""
    event = f"models.{models.named('Event', ARGUMENT)} | Mapping[str, Any]"
    for name, argument, body, returned, about in (
        ("send", f"event: {event}", "event", "Outcome",
         "One event, which is known by its `event_id`: sent again it changes nothing."),
        ("send_batch", f"events: Sequence[{event}]", "[*events]", "Results",
         "Up to 1,000 events, with a result for each in their order: one that is refused does not end the others."),
    ):  # fmt: skip
        kind = f"models.{models.named(returned, RECEIVED)}"
        head = f"    {flavour.def_} {name}(self, {argument}, *, wait: int | None = None) -> {kind}:\n"
        call = f'self._wire.one({kind}, request("POST", "/events", body={body}, wait=wait))'
        text = docstring(f"{about} `wait`: up to so many seconds, 30 at most, for outcomes.", 8)
        yield f"{head}{text}        return {flavour.await_}{call}\n"
