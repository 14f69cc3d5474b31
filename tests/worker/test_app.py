"""Celery's settings as the workers get them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from celery.app.defaults import SETTING_KEYS
from celery.exceptions import QueueNotFound

import tasks.collection
import tasks.events
import tasks.month_close
import tasks.upkeep  # noqa: F401 - declared by being imported
from config.limits import LimitSettings
from config.settings import Settings
from worker import queues
from worker.app import configuration
from worker.broker import kind_of
from worker.task import declared

TASKS = {
    "tasks.collection.look",
    "tasks.collection.send",
    "tasks.collection.refunds",
    "tasks.collection.hints",
    "tasks.collection.reconcile",
    "tasks.events.receive",
    "tasks.events.drain",
    "tasks.month_close.work",
    "tasks.upkeep.tick",
    "tasks.upkeep.relay",
    "tasks.upkeep.audit",
    "tasks.upkeep.partitions",
}
URL = "redis://127.0.0.1:1/0"


@pytest.fixture
def client() -> Iterator[Celery]:
    made = Celery("test", set_as_current=False)
    made.conf.update(configuration(Settings(), URL))
    yield made
    made.close()


def test_every_setting_is_one_that_celery_knows() -> None:
    assert set(configuration(Settings(), URL)) - SETTING_KEYS == set()


def test_nothing_is_acknowledged_before_it_is_done_and_no_result_is_kept(client: Celery) -> None:
    conf = client.conf
    assert (conf.task_acks_late, conf.worker_prefetch_multiplier) == (True, 1)
    assert (conf.task_reject_on_worker_lost, conf.task_retry_on_worker_lost) == (False, True)
    assert conf.task_annotations["*"]["max_retries"] <= 3
    assert (conf.result_backend, conf.task_ignore_result) == (None, True)
    assert not conf.worker_cancel_long_running_tasks_on_connection_loss


def test_only_json_goes_in_and_out(client: Celery) -> None:
    assert client.conf.accept_content == client.conf.result_accept_content == ["json"]
    assert client.conf.task_serializer == client.conf.event_serializer == "json"


def test_no_wait_for_the_broker_is_without_end() -> None:
    options = kind_of(URL).options(URL, LimitSettings(), "x:")
    assert 0 < options["socket_connect_timeout"] <= options["socket_timeout"] < 30
    # A blocking pop lasts a second; a socket that gives up sooner would break it.
    assert options["socket_timeout"] > 1
    assert options["max_retries"] == 0
    assert options["global_keyprefix"] == "x:"
    assert configuration(Settings(), URL)["broker_pool_acquire_timeout"] > 0


def test_every_task_is_routed_to_the_queue_that_it_says(client: Celery) -> None:
    assert set(declared) >= TASKS
    for name in TASKS:
        assert client.amqp.router.route({}, name)["queue"].name == declared[name]
        assert declared[name] in queues.ALL


def test_a_queue_that_nobody_reads_is_an_error(client: Celery) -> None:
    with pytest.raises(QueueNotFound):
        client.amqp.router.route({"queue": "evnets"}, "tasks.events.drain")


def test_every_setting_and_transport_option_has_its_row_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "celery-settings.md").read_text()
    options = kind_of(URL).options(URL, LimitSettings(), "x:")
    named = {*configuration(Settings(), URL), *options} - {"broker_url", "broker_transport_options"}
    assert {name for name in named if not re.search(rf"[`.…]{name}`", page)} == set()
