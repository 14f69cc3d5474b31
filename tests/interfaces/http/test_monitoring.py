"""Alerts and boards: every metric in them exists in a scrape, and every alert fires when it should. Rule: R11.10c."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from interfaces.http.metrics.page import Metrics
from settlement.storage.work.operating.processes import Durations, add_durations
from tests.interfaces.http.conftest import Server
from tests.support.prometheus import Sample, firing, holding, scraped, seconds, values
from tests.support.world import World, statements
from worker.heartbeat.durations import BOUNDS_S
from worker.heartbeat.writer import Heartbeat, this_process
from worker.queues import ALL

OPS = Path(__file__).parents[3] / "ops"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((OPS / "prometheus" / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
CASES = yaml.safe_load((OPS / "prometheus" / "alerts.test.yml").read_text("utf-8"))
BOARDS = sorted((OPS / "grafana").glob("*.json"))
NAMED = re.compile(r"\bsettle_\w+")


def expressions() -> Iterator[str]:
    """Of every rule and every panel."""
    yield from (rule["expr"] for rule in RULES)
    for board in BOARDS:
        for panel in json.loads(board.read_text("utf-8"))["panels"]:
            yield from (target["expr"] for target in panel["targets"])


def scrape(server: Server) -> str:
    answer = server.client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


@pytest.fixture
def busy(world: World, server: Server) -> Server:
    """A deployment with something of each kind, by the real clock."""
    world.open("acme", "late")
    world.fee("acme", "12.00")
    world.fee("late", "7.50")
    world.at("2026-11-02 04:00").tick()
    world.receive(world.message("top_up", "acme", amount="1.00", currency="USD"))
    counts = tuple(range(len(BOUNDS_S) + 1))
    with world.store.transaction() as tx:
        add_durations(tx, [Durations("task", "tasks.events.drain", counts, 3.5)])
    return server


def test_every_metric_in_rules_and_boards_is_in_a_scrape(busy):
    families = list(text_string_to_metric_families(scrape(busy)))
    there = {family.name for family in families} | {sample.name for one in families for sample in one.samples}
    wanted = {name for expr in expressions() for name in NAMED.findall(expr)}
    assert len(wanted) > 40
    assert wanted - there == set()
    # What a rule names by its labels has such a sample, so that it can ever hold.
    samples = scraped(scrape(busy))
    for rule in RULES:
        name, _, labels = rule["expr"].partition(" ")[0].partition("{")
        wanted_labels = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if wanted_labels:
            assert any(one.name == name and wanted_labels.items() <= one.labels.items() for one in samples), (
                rule["alert"]
            )


def test_money_is_summed_exactly_by_currency_and_age_and_what_waits_by_its_door(busy):
    samples = scraped(scrape(busy))
    unsettled = [one for one in samples if one.name == "settle_unsettled_amount"]
    assert unsettled == [Sample("settle_unsettled_amount", {"currency": "USD", "age": "no due date"}, 19.5)]
    [waiting] = [one for one in samples if one.name == "settle_inbox_waiting"]
    assert waiting.value == 1
    assert set(waiting.labels) == {"door", "source"}
    sizes = {one.labels["table"]: one.value for one in samples if one.name == "settle_table_bytes"}
    assert sizes["bill"] > 0
    # Its partitions count for it.
    assert "ledger_transfer" in sizes
    assert not any(name.startswith("ledger_transfer_") for name in sizes)


def test_differences_with_gateways_are_counted_by_gateway_and_kind_with_their_age(world, make_server):
    from settlement.operations import test_clock

    server = make_server(test_clock=True)
    with world.store.transaction() as tx:
        tx.exec_driver_sql(
            """INSERT INTO reconciliation_difference (gateway, kind, reference, currency, found_at, closed_at)
               SELECT gateway, CAST(kind AS difference_kind), reference, 'USD', CAST(found_at AS timestamptz),
                      CAST(closed_at AS timestamptz)
               FROM (VALUES ('stripe', 'missing_here', '1', '2026-10-30Z', NULL),
                            ('stripe', 'missing_here', '2', '2026-10-31Z', NULL),
                            ('stripe', 'missing_there', '3', '2026-10-01Z', '2026-10-02Z'),
                            ('paypal', 'charged_twice', '4', '2026-10-31Z', NULL))
                    AS v (gateway, kind, reference, found_at, closed_at)"""
        )
    test_clock.move(world.store, world.at("2026-11-01 00:00").now)
    samples = scraped(scrape(server))
    found = {
        name: {(one.labels["gateway"], one.labels["kind"]): one.value for one in samples if one.name == name}
        for name in ("settle_gateway_differences", "settle_gateway_differences_oldest_seconds")
    }
    days = {("paypal", "charged_twice"): 1, ("stripe", "missing_here"): 2}
    assert found["settle_gateway_differences"] == {**days, ("paypal", "charged_twice"): 1}
    assert found["settle_gateway_differences_oldest_seconds"] == {
        names: number * 86400 for names, number in days.items()
    }


def test_every_metric_is_in_the_page_for_operators(busy):
    page = (OPS.parent / "docs" / "operating.md").read_text("utf-8")
    families = {family.name for family in text_string_to_metric_families(scrape(busy))}
    assert {name for name in families if f"`{name}" not in page} == set()


def test_how_much_there_is_does_not_matter_to_the_number_of_statements(busy, world):
    # The settings in the database are read once.
    busy.runtime.as_of()
    counts = []
    for name in ("one", "two"):
        metrics = Metrics(busy.runtime)
        with statements(busy.runtime.store) as sent:
            metrics.text()
        counts.append(len(sent))
        world.open(name, opening_cash="1.00")
        for day in range(3, 9):
            world.fee(name, "1.00", incurred_at=f"2026-11-0{day}T00:00:00Z")
    assert counts[0] == counts[1] < 40


def test_a_histogram_counts_upwards(busy):
    samples = scraped(scrape(busy))
    buckets = [one.value for one in samples if one.name == "settle_task_seconds_bucket"]
    assert len(buckets) == len(BOUNDS_S) + 1
    assert buckets == sorted(buckets)
    [count] = [one.value for one in samples if one.name == "settle_task_seconds_count"]
    assert count == buckets[-1] == sum(range(len(BOUNDS_S) + 1))


@pytest.mark.parametrize("case", CASES["tests"], ids=lambda case: case["alert_rule_test"][0]["alertname"])
def test_an_alert_fires_once_it_has_lasted_and_not_before(case):
    series = {one["series"]: values(one["values"]) for one in case["input_series"]}
    for asked in case["alert_rule_test"]:
        [rule] = [rule for rule in RULES if rule["alert"] == asked["alertname"]]
        fired = firing(rule, series, seconds(asked["eval_time"]), seconds(case["interval"]))
        assert [{**one.labels, **rule["labels"]} for one in fired] == [
            expected["exp_labels"] for expected in asked["exp_alerts"]
        ]
        for expected in asked["exp_alerts"]:
            assert expected["exp_annotations"]["description"] == rule["annotations"]["description"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool reads the rules, and is not here")
def test_promtool_says_the_same():
    tests = OPS / "prometheus" / "alerts.test.yml"
    done = subprocess.run(["promtool", "test", "rules", tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_has_a_case_and_says_what_to_do():
    assert [case["alert_rule_test"][0]["alertname"] for case in CASES["tests"]] == [
        rule["alert"] for rule in RULES
    ]
    assert all(rule["annotations"]["description"] for rule in RULES)


def alerts(server: Server) -> set[str]:
    samples = scraped(scrape(server))
    return {rule["alert"] for rule in RULES if holding(rule["expr"], samples)}


def test_the_outage_over_an_issuance_is_an_alert_until_somebody_works(world, make_server):
    from settlement.operations import test_clock

    world.open("acme")
    world.fee("acme", "12.00")
    world.at("2026-11-01 00:00").tick()
    world.at("2026-11-04 04:00")
    server = make_server(test_clock=True)
    test_clock.move(world.store, world.now)
    outage = {"SettleCalendarUnattended", "SettleBeatGone", "SettleQueueUnserved"}
    assert outage <= alerts(server)
    world.tick()
    for process in (this_process("worker", "all", ALL), this_process("beat", "beat")):
        with closing(Heartbeat(server.runtime.settings, process)) as heartbeat:
            heartbeat.write()
    assert alerts(server).isdisjoint(outage)
