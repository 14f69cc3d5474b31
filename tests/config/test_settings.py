from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from config.example import render
from config.money import MONEY, variable_of
from config.settings import Settings, SettingsError, load_settings, variables, without_password

pytestmark = pytest.mark.usefixtures("no_settings")
EXAMPLE = Path(__file__).parents[2] / "config" / "env.example"


def test_the_example_is_what_the_settings_say():
    assert EXAMPLE.read_text() == render()


def test_the_example_lists_every_variable_with_its_true_default(monkeypatch):
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    assert [line.partition("=")[0] for line in lines] == [name for name, _ in variables()]
    defaults = load_settings()
    # What moves money is left empty there, its default said in words.
    said = re.findall(r"Default: (.*)\n(SETTLE_\w+)=\n", EXAMPLE.read_text())
    assert {name for _, name in said} == {variable_of(name) for name in MONEY}
    for value, name in [line.partition("=")[::-2] for line in lines] + said:
        monkeypatch.setenv(name, value)
    assert load_settings() == defaults


def test_every_variable_is_described():
    assert [name for name, field in variables() if not field.description] == []


def test_variables_reach_their_fields(monkeypatch):
    monkeypatch.setenv("SETTLE_DATABASE_URL", "postgresql://db/bills")
    monkeypatch.setenv("SETTLE_BILLING__ZONE", "Europe/Berlin")
    monkeypatch.setenv("SETTLE_BILLING__ISSUE_TIME", "09:30")
    monkeypatch.setenv("SETTLE_LIMITS__RANGE_SIZE", "2000")
    monkeypatch.setenv("SETTLE_LOG_LEVEL", "debug")
    settings = load_settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://db/bills"
    assert settings.billing.zone == ZoneInfo("Europe/Berlin")
    assert settings.billing.issue_time == time(9, 30)
    assert settings.limits.range_size == 2000
    assert settings.log_level == "DEBUG"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_database_url_becomes_one(monkeypatch, scheme):
    monkeypatch.setenv("SETTLE_DATABASE_URL", f"{scheme}://u:p@db:5/bills?sslmode=require")
    settings = load_settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://u:p@db:5/bills?sslmode=require"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SETTLE_DATABASE_URL", "mysql://u:hidden@db/x", "must begin with postgresql://"),
        ("SETTLE_BROKER_URL", "sqs://u:hidden@mq", "must begin with redis://"),
        ("SETTLE_BROKER_URL", "amqp://u:hidden@/vhost", "must name the nodes of RabbitMQ: amqp://one:5672,"),
        ("SETTLE_BROKER_URL", "amqp://u:hidden@one,:5672/", "must name the nodes"),
        ("SETTLE_BROKER_URL", "amqp://u:hidden@one/?ssl_ca_certs=hidden", "TLS is amqps://"),
        ("SETTLE_BROKER_URL", "amqps://u:hidden@one/?hidden=1", "behind the question mark, nothing else"),
        (
            "SETTLE_BROKER_URL",
            "sentinel://u:hidden@one:26379,two/0",
            "what the sentinels call the server: ?master=",
        ),
        (
            "SETTLE_BROKER_URL",
            "sentinel://u:hidden@/0?master=settle",
            "must name sentinels: sentinel://one:26379,",
        ),
        ("SETTLE_BROKER_URL", "sentinel://u:hidden@one,:26379/0?master=settle", "must name sentinels"),
        ("SETTLE_BROKER_URL", "sentinel://u:hidden@one:hidden/0?master=settle", "must name sentinels"),
        ("SETTLE_BROKER_URL", "sentinel://u:hidden@[one/0?master=settle", "must name sentinels"),
        ("SETTLE_BROKER_URL", "sentinel://u:hidden@one\u2100/0?master=settle", "must name sentinels"),
        ("SETTLE_BROKER_URL", "sentinel://one/hidden?master=settle", "the number of a database, or nothing"),
        (
            "SETTLE_BROKER_URL",
            "sentinel://one/0?master=settle&hidden=1",
            "behind the question mark, nothing else",
        ),
        ("SETTLE_BROKER_URL", "sentinel://one/0?master=settle&ssl_ca_certs=hidden", "TLS is sentinels://"),
        ("SETTLE_BILLING__ZONE", "Mars/Base", "Mars/Base"),
        ("SETTLE_BILLING__ISSUE_DAY", "31", "must be at most 28 (got '31')"),
        ("SETTLE_BILLING__ISSUE_TIME", "12:00+08:00", "takes no offset"),
        ("SETTLE_LIMITS__RANGE_SIZE", "0", "must be at least 1 (got '0')"),
        ("SETTLE_LIMITS__RANGE_SIZE", "many", "must be a whole number (got 'many')"),
        ("SETTLE_TEST_CLOCK", "perhaps", "must be true or false (got 'perhaps')"),
        ("SETTLE_WORKER_ROLE", 'x"; DROP', "must look like"),
        ("SETTLE_LIMITS__RANGE_SIZ", "1", "did you mean SETTLE_LIMITS__RANGE_SIZE?"),
        ("SETTLE_BROKER", "x", "no such variable"),
        ("SETTLE_LIMITS", "{}", "no such variable"),
        ("SETTLE_MIGRATION_URL", "postgresql://db/x", "needs SETTLE_DATABASE_URL"),
    ],
)
def test_a_wrong_variable_is_named_and_no_secret_told(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{name}: ")
    assert words in line
    assert "hidden" not in line


def test_a_prefix_of_keys_is_refused_where_the_broker_has_no_keys(monkeypatch):
    monkeypatch.setenv("SETTLE_BROKER_URL", "amqp://u:hidden@one/bills")
    load_settings()
    monkeypatch.setenv("SETTLE_BROKER_KEY_PREFIX", "other:")
    with pytest.raises(SettingsError, match="give each deployment a virtual host of its own"):
        load_settings()
    monkeypatch.setenv("SETTLE_BROKER_URL", "redis://one")
    load_settings()


def test_every_wrong_variable_is_named(monkeypatch):
    monkeypatch.setenv("SETTLE_LIMITS__DRAIN_SIZE", "-1")
    monkeypatch.setenv("SETTLE_TEST_CLOCK", "perhaps")
    monkeypatch.setenv("SETTLE_NONSENSE", "1")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    names = {line.partition(":")[0] for line in str(caught.value).splitlines()}
    assert names == {"SETTLE_LIMITS__DRAIN_SIZE", "SETTLE_TEST_CLOCK", "SETTLE_NONSENSE"}


def test_what_is_wrong_with_a_group_as_a_whole_is_said_without_its_values(monkeypatch):
    monkeypatch.setenv("SETTLE_GATEWAYS__PAYPAL_SECRET", "hidden")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == "SETTLE_GATEWAYS: PayPal needs both paypal_client_id and paypal_secret"


def test_settings_show_no_secret_and_cannot_change(monkeypatch):
    monkeypatch.setenv("SETTLE_DATABASE_URL", "postgresql://u:hidden@db/x")
    monkeypatch.setenv("SETTLE_BROKER_URL", "redis://:hidden@broker/0")
    settings = load_settings()
    assert "hidden" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    with pytest.raises(ValidationError):
        settings.test_clock = True  # type: ignore[misc]
    with pytest.raises(ValidationError):
        settings.limits.range_size = 1  # type: ignore[misc]


def test_the_state_folder_does_not_depend_on_the_current_one(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Settings().state_dir == tmp_path / ".settle"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:secret@db:5432/x", "postgresql://u:***@db:5432/x"),
        ("postgresql://u@/x?host=%2Ftmp", "postgresql://u@/x?host=%2Ftmp"),
        (
            "postgresql://db/x?password=secret&sslmode=require",
            "postgresql://db/x?password=***&sslmode=require",
        ),
        ("redis://:secret@127.0.0.1:6379/0", "redis://:***@127.0.0.1:6379/0"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("postgresql://u:secret@one:5432,[::1]:5433/x", "postgresql://u:***@one:5432,[::1]:5433/x"),
        (
            "sentinel://u:secret@one:26379,two:26380/0?master=settle&sentinel_password=secret",
            "sentinel://u:***@one:26379,two:26380/0?master=settle&sentinel_password=***",
        ),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    assert without_password(url) == shown


@pytest.fixture
def secret_file(tmp_path, monkeypatch):
    """Puts a secret into a file and names the file in a variable."""

    def put(name, text):
        path = tmp_path / name.lower()
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv(f"{name}_FILE", str(path))

    return put


def test_a_secret_may_lie_in_a_file(secret_file, monkeypatch):
    secret_file("SETTLE_DATABASE_URL", "postgres://u:hidden@db/x\n")
    secret_file("SETTLE_GATEWAYS__STRIPE_KEY", "sk_hidden\r\n")
    secret_file("SETTLE_GATEWAYS__STRIPE_WEBHOOK_SECRETS", '["whsec_hidden"]')
    monkeypatch.setenv("SETTLE_GATEWAYS__STRIPE_PER_S", "7")
    settings = load_settings()
    assert settings.database_url is not None
    assert settings.gateways.stripe_key is not None
    assert settings.database_url.get_secret_value() == "postgresql://u:hidden@db/x"
    assert settings.gateways.stripe_key.get_secret_value() == "sk_hidden"
    assert [one.get_secret_value() for one in settings.gateways.stripe_webhook_secrets] == ["whsec_hidden"]
    assert settings.gateways.stripe_per_s == 7
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("variables_", "words"),
    [
        ({"SETTLE_DATABASE_URL_FILE": "/nowhere/x"}, "SETTLE_DATABASE_URL_FILE: /nowhere/x: No such file"),
        ({"SETTLE_LOG_LEVEL_FILE": "/etc/hostname"}, "SETTLE_LOG_LEVEL_FILE: no such variable"),
        ({"SETTLE_DATABSE_URL_FILE": "/etc/hostname"}, "did you mean SETTLE_DATABASE_URL"),
    ],
)
def test_a_wrong_variable_of_a_file_is_named(monkeypatch, variables_, words):
    for name, value in variables_.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=re.escape(words)):
        load_settings()


def test_a_secret_is_given_once_and_one_in_a_file_that_is_wrong_is_not_told(secret_file, monkeypatch):
    secret_file("SETTLE_DATABASE_URL", "mysql://u:hidden@db/x")
    with pytest.raises(SettingsError, match="SETTLE_DATABASE_URL: must begin with") as wrong:
        load_settings()
    assert "hidden" not in str(wrong.value)
    monkeypatch.setenv("SETTLE_DATABASE_URL", "postgresql://u:hidden@db/x")
    with pytest.raises(SettingsError, match="set it or SETTLE_DATABASE_URL_FILE, not both") as both:
        load_settings()
    assert "hidden" not in str(both.value)
