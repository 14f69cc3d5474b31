"""The manifests for Kubernetes, rendered and validated without a cluster, run the processes of the compose file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from config.limits import LimitSettings
from config.secret_files import may_be_secret
from config.settings import variables
from interfaces.http.metrics import backlog
from tests.deployment.test_release import RELEASE
from tests.support.world import World
from worker.processes import PROCESSES

ROOT = Path(__file__).parents[2]
OVERLAYS = ROOT / "ops/kubernetes"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = ("migrate", "serve", *(spec.name for spec in PROCESSES))
VERSION = "1.31"

pytestmark = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl renders them, and is not here"
)


@pytest.fixture(scope="module")
def example() -> list[dict[str, Any]]:
    """The example, rendered: the base with autoscaling and a gateway."""
    return _rendered("example")


def _rendered(name: str) -> list[dict[str, Any]]:
    made = subprocess.run(
        ["kubectl", "kustomize", OVERLAYS / name], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return [document for document in yaml.safe_load_all(made.stdout) if document]


def _named(documents: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {document["metadata"]["name"]: document for document in documents if document["kind"] == kind}


def _pods(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a pod is, by the name of what makes it."""
    return {
        name: document["spec"]["template"]["spec"]
        for kind in ("Deployment", "Job")
        for name, document in _named(documents, kind).items()
    }


@pytest.mark.parametrize("name", ["base", "example"])
def test_every_object_is_as_its_schema_wants_it(name: str) -> None:
    documents = _rendered(name)
    for document in documents:
        kubernetes_validate.validate(document, VERSION, strict=True)
    assert {
        document["metadata"].get("namespace") for document in documents if document["kind"] != "Namespace"
    } == {"settle"}


def test_a_field_nobody_knows_is_found() -> None:
    wrong = _named(_rendered("base"), "Deployment")["events"]
    wrong["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


def test_there_is_a_pod_for_every_process_and_its_command_is_that_of_the_compose_file(example) -> None:
    pods = _pods(example)
    assert set(pods) == set(OURS)
    for name, pod in pods.items():
        (container,) = pod["containers"]
        assert container["command"] == COMPOSE[name]["command"], name
        assert container["image"].endswith(f"/settle-worker:{RELEASE}")


def test_every_variable_is_one_that_the_settings_know_and_no_secret_lies_open(example) -> None:
    known = {name for name, _ in variables()}
    settings = set(_named(example, "ConfigMap").popitem()[1]["data"])
    for pod in _pods(example).values():
        (container,) = pod["containers"]
        environment = {entry["name"]: entry for entry in container.get("env", [])}
        assert all(name.removesuffix("_FILE") in known for name in settings | set(environment))
        assert not any(may_be_secret(name) for name in settings | set(environment))
        assert all(set(source) == {"configMapRef"} for source in container["envFrom"])


def test_each_gets_the_secrets_it_needs_and_no_other(example) -> None:
    mounted = {
        name: {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        for name, pod in _pods(example).items()
    }
    servers = {"settle-database", "settle-broker"}
    assert mounted.pop("migrate") == servers | {"settle-owner"}
    assert {name for name, secrets in mounted.items() if secrets != servers} == {"collection", "serve"}
    assert mounted["collection"] == mounted["serve"] == servers | {"settle-stripe"}


def test_every_file_of_a_secret_lies_where_it_is_mounted(example) -> None:
    data = _named(example, "ConfigMap").popitem()[1]["data"]
    for pod in _pods(example).values():
        (container,) = pod["containers"]
        places = {mount["mountPath"] for mount in container["volumeMounts"]}
        files = [value for name, value in data.items() if name.endswith("_FILE")]
        files += [entry["value"] for entry in container.get("env", []) if entry["name"].endswith("_FILE")]
        assert all(str(Path(file).parent) in places for file in files)


def test_every_process_is_watched_has_time_to_stop_and_may_do_little(example) -> None:
    for name, pod in _pods(example).items():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= set(container["resources"])
        assert pod["terminationGracePeriodSeconds"] > LimitSettings().stop_grace_s
        if name in {spec.name for spec in PROCESSES}:
            probe = container["livenessProbe"]["exec"]["command"]
            assert probe == COMPOSE[name]["healthcheck"]["test"][1:]
        if name == "serve":
            assert container["readinessProbe"]["httpGet"]["path"] == "/health"


def test_nodes_are_drained_one_pod_of_a_kind_at_a_time_and_one_beat_is_enough(example) -> None:
    deployments = _named(example, "Deployment")
    budgets = _named(example, "PodDisruptionBudget")
    assert {name for name, document in deployments.items() if document["spec"]["replicas"] > 1} == set(
        budgets
    )
    assert set(deployments) - set(budgets) == {"beat"}
    for name, budget in budgets.items():
        labels = deployments[name]["spec"]["template"]["metadata"]["labels"]
        assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_pods_grow_with_figures_that_are_served(example, world: World) -> None:
    with world.store.transaction() as tx:
        served = {family.name for family in backlog.families(tx)}
    scaled = _named(example, "HorizontalPodAutoscaler")
    assert set(scaled) == {"events"}
    for name, document in scaled.items():
        assert document["spec"]["scaleTargetRef"]["name"] == name
        (metric,) = document["spec"]["metrics"]
        assert metric["external"]["metric"]["name"] in served


def test_only_the_api_is_reached_and_only_those_who_call_others_reach_the_outside(example) -> None:
    policies = _named(example, "NetworkPolicy")
    assert policies["servers"]["spec"]["podSelector"] == {}
    assert not policies["servers"]["spec"].get("ingress")
    assert policies["http"]["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "serve"
    (chosen,) = policies["outside"]["spec"]["podSelector"]["matchExpressions"]
    assert set(chosen["values"]) == {"collection", "upkeep", "serve"}
