"""What compose.yaml and the Dockerfile say of ports, names, variables, paths and health checks,
against each other and against the code: no Docker engine is asked."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from streams.broker import KafkaBroker
from streams.setting_values import address
from streams.settings import PREFIX, VARIABLES, Settings
from tests.deploy.files import (
    COMPOSE,
    DEPLOY,
    GRAFANA,
    PROMETHEUS,
    image,
    image_environment,
    read_yaml,
    services,
    stages,
    workers,
)
from tests.source_tree import ROOT

SERVICES = services()
WORKERS = workers()
KNOWN = {variable.name for variable in VARIABLES}
SECRET = {variable.name for variable in VARIABLES if variable.secret}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def environment(service: str) -> dict[str, str]:
    """What the processes of a service see: the image's variables, then compose's."""
    own = {name: str(value) for name, value in SERVICES[service].get("environment", {}).items()}
    return {**image_environment(), **own} if service in WORKERS else own


def published(service: str) -> list[tuple[str, int, int]]:
    """Address and port on the machine, port in the container."""
    parts = [port.rsplit(":", 2) for port in SERVICES[service].get("ports", [])]
    return [(host, int(outer), int(inner)) for host, outer, inner in parts]


def mounts(service: str) -> list[list[str]]:
    """Source, target and, where given, mode of each volume."""
    return [volume.split(":") for volume in SERVICES[service].get("volumes", [])]


def every_mount(*, of_files: bool) -> list[Any]:
    return [
        pytest.param(service, mount, id=f"{service}-{mount[1]}")
        for service in SERVICES
        for mount in mounts(service)
        if mount[0].startswith(".") == of_files
    ]


def listening(service: str) -> set[int]:
    """The ports that a service listens on, by its own settings."""
    said = environment(service)
    if service == "kafka":
        return {int(one.rsplit(":", 1)[1]) for one in said["KAFKA_LISTENERS"].split(",")}
    if service in WORKERS:
        return {address(said["TIERSTREAM_WEB"]).port}
    return {{"redis": 6379, "prometheus": 9090, "grafana": 3000}[service]}


# -- the image


def test_the_image_is_of_a_python_that_the_package_is_tried_on() -> None:
    build, base = (stage[0].rest.split()[0] for stage in stages())
    assert build == base.replace("-slim", "")  # their libraries must fit each other
    found = re.fullmatch(r"python:(\d+\.\d+)-slim-\w+", base)
    assert found is not None
    assert f"Programming Language :: Python :: {found[1]}" in PROJECT["classifiers"]


def test_the_image_runs_as_an_ordinary_user_who_owns_the_data() -> None:
    user = image("USER").rest
    made = image("RUN").rest
    assert int(user) > 0
    assert re.search(rf"useradd .*--uid {user} .*--create-home", made)
    home = re.search(r"--home-dir (\S+)", made)
    assert home is not None
    assert image("VOLUME").rest == image("WORKDIR").rest == home[1]
    assert Path(image_environment()["TIERSTREAM_DATA"]).is_relative_to(home[1])
    order = [each.name for each in stages()[-1]]
    assert order.index("RUN") < order.index("USER") < order.index("VOLUME")


def test_the_image_runs_a_worker_by_the_command_that_the_package_installs() -> None:
    (command,) = image("ENTRYPOINT").words
    assert command in PROJECT["scripts"]
    assert image("CMD").words == ["worker"]
    installed = image("COPY").words[-1]
    assert image_environment()["PATH"].split(":")[0] == f"{installed}/bin"


def test_everything_installed_in_the_image_is_pinned() -> None:
    installs = [each.rest for each in stages()[0] if "pip install" in each.rest]
    assert installs
    assert all("--constraint constraints.txt" in each for each in installs)
    assert "constraints.txt" in copied()


def copied() -> list[str]:
    """What is copied from the build's context."""
    found = [each.words for stage in stages() for each in stage if each.name == "COPY"]
    return [source for words in found if "=" not in words[0] for source in words[:-1]]


@pytest.mark.parametrize("source", copied())
def test_what_is_copied_is_there_and_is_not_ignored(source: str) -> None:
    assert (ROOT / source).exists()
    assert f"!{source}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_nothing_else_goes_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(copied())


def test_every_package_of_the_project_is_in_the_image() -> None:
    assert {"agents", "schemas", "streams"} <= set(copied())
    assert {PROJECT["readme"], *PROJECT["license-files"]} <= set(copied())


def test_the_image_sets_only_variables_that_there_are_and_no_secret() -> None:
    ours = {name for name in image_environment() if name.startswith(PREFIX)}
    assert ours <= KNOWN - SECRET
    Settings.from_env(image_environment())


# -- the services


def test_there_is_everything_that_it_takes() -> None:
    assert SERVICES.keys() == {
        "kafka", "redis", "worker-1", "worker-2", "prometheus", "grafana"
    }  # fmt: skip
    assert WORKERS.keys() == {"worker-1", "worker-2"}


@pytest.mark.parametrize("service", WORKERS)
def test_a_workers_settings_are_read_and_point_at_services_that_listen_there(service: str) -> None:
    given = environment(service)
    assert {name for name in given if name.startswith("TIERSTREAM")} <= KNOWN
    settings = Settings.from_env(given)
    assert isinstance(settings.broker, KafkaBroker)
    advertised = environment("kafka")["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert {f"INTERNAL://{server}" for server in settings.broker.servers} <= set(advertised)
    redis = urlsplit(settings.redis_url or "")
    assert (redis.hostname, redis.port) == ("redis", 6379)


@pytest.mark.parametrize("service", WORKERS)
def test_a_workers_web_is_known_by_a_name_that_others_reach(service: str) -> None:
    web = address(environment(service)["TIERSTREAM_WEB"])
    assert web.host == service == SERVICES[service]["hostname"]
    assert str(web.port) == image("EXPOSE").rest


def test_two_workers_share_one_log_and_nothing_else() -> None:
    first, second = (environment(service) for service in WORKERS)
    assert {name for name in first if first[name] != second[name]} == {"TIERSTREAM_WEB"}
    assert first.keys() == second.keys()
    stores = [source for service in WORKERS for source, *_ in mounts(service)]
    assert len(set(stores)) == len(WORKERS)


@pytest.mark.parametrize("service", WORKERS)
def test_a_workers_data_is_on_a_volume(service: str) -> None:
    (data,) = mounts(service)
    assert data[1] == image("VOLUME").rest
    assert Path(environment(service)["TIERSTREAM_DATA"]).is_relative_to(data[1])


@pytest.mark.parametrize("service", WORKERS)
def test_a_worker_is_built_from_here_and_keeps_nothing_it_does_not_need(service: str) -> None:
    worker = SERVICES[service]
    context = (COMPOSE.parent / worker["build"]["context"]).resolve()
    assert context == ROOT
    assert (context / worker["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    assert worker["cap_drop"] == ["ALL"]
    assert worker["read_only"] is True
    assert "user" not in worker  # the image's


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_published_on_the_loopback_address_alone(service: str) -> None:
    ports = published(service)
    assert ports
    assert all(ip_address(host).is_loopback for host, _, _ in ports)
    assert {inner for _, _, inner in ports} <= listening(service)


def test_no_port_of_the_machine_is_taken_twice() -> None:
    ports = [outer for service in SERVICES for _, outer, _ in published(service)]
    assert len(set(ports)) == len(ports)


def test_kafka_says_of_itself_to_this_machine_what_is_published_there() -> None:
    advertised = environment("kafka")["KAFKA_ADVERTISED_LISTENERS"].split(",")
    outside = [urlsplit(one) for one in advertised if not one.startswith("INTERNAL")]
    assert [(one.hostname, one.port, one.port) for one in outside] == published("kafka")


def test_kafka_is_the_one_that_the_tests_run_on() -> None:
    pom = (DEPLOY / "kafka" / "pom.xml").read_text()
    version = re.search(r"<kafka.version>([\d.]+)<", pom)
    assert version is not None
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version[1]}"


def test_kafka_leaves_it_to_us_to_make_topics() -> None:
    assert environment("kafka")["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - WORKERS.keys()))
def test_images_of_others_are_pinned_to_a_version(service: str) -> None:
    assert re.search(r":v?\d+\.\d+", SERVICES[service]["image"])


@pytest.mark.parametrize("service", SERVICES)
def test_who_waits_for_health_waits_for_one_who_can_be_healthy(service: str) -> None:
    for other, wanted in SERVICES[service].get("depends_on", {}).items():
        if wanted["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("service", WORKERS)
def test_a_worker_waits_for_kafka_but_not_for_redis(service: str) -> None:
    waits = {name: how["condition"] for name, how in SERVICES[service]["depends_on"].items()}
    assert waits == {"kafka": "service_healthy", "redis": "service_started"}


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - WORKERS.keys()))
def test_a_health_check_asks_the_service_itself(service: str) -> None:
    asked = " ".join(SERVICES[service]["healthcheck"]["test"])
    ports = {int(port) for port in re.findall(r":(\d+)", asked)} or {6379}  # redis-cli's own
    assert ports <= listening(service)


# -- what is mounted


@pytest.mark.parametrize(("service", "mount"), every_mount(of_files=True))
def test_files_mounted_are_there_and_cannot_be_changed(service: str, mount: list[str]) -> None:
    source, target, mode = mount
    assert (COMPOSE.parent / source).exists()
    assert Path(target).is_absolute()
    assert mode == "ro"


def test_every_volume_is_declared_and_used() -> None:
    used = {mount[0] for service in SERVICES for mount in mounts(service)}
    named = {source for source in used if not source.startswith(".")}
    assert named == read_yaml(COMPOSE)["volumes"].keys()


def in_container(service: str, path: str) -> Path:
    """The file of this repository that a path in a container means."""
    for source, target, *_ in mounts(service):
        if source.startswith(".") and Path(path).is_relative_to(target):
            return COMPOSE.parent / source / Path(path).relative_to(target)
    raise AssertionError(f"{path} is not mounted into {service}")


def test_prometheus_reads_what_is_mounted() -> None:
    options = dict(each[2:].split("=", 1) for each in SERVICES["prometheus"]["command"])
    assert in_container("prometheus", options["config.file"]) == PROMETHEUS / "prometheus.yml"
    data = [target for source, target in (m[:2] for m in mounts("prometheus")) if "." not in source]
    assert data == [options["storage.tsdb.path"]]
    for pattern in read_yaml(PROMETHEUS / "prometheus.yml")["rule_files"]:
        folder = Path(options["config.file"]).parent / Path(pattern).parent
        found = [path.name for path in in_container("prometheus", str(folder)).iterdir()]
        assert found
        assert all(fnmatch(name, Path(pattern).name) for name in found)


def test_prometheus_scrapes_every_worker_and_itself() -> None:
    jobs = read_yaml(PROMETHEUS / "prometheus.yml")["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    assert targets["tierstream"] == [environment(service)["TIERSTREAM_WEB"] for service in WORKERS]
    assert {int(target.rsplit(":", 1)[1]) for target in targets["prometheus"]} <= listening(
        "prometheus"
    )
    assert all("metrics_path" not in job for job in jobs)  # /metrics


def test_grafana_asks_prometheus_where_it_listens() -> None:
    (source,) = read_yaml(GRAFANA / "provisioning/datasources/prometheus.yml")["datasources"]
    url = urlsplit(source["url"])
    assert url.hostname in SERVICES
    assert url.port in listening(str(url.hostname))
    assert (
        source["jsonData"]["timeInterval"]
        == (read_yaml(PROMETHEUS / "prometheus.yml")["global"]["scrape_interval"])
    )


def test_grafana_finds_its_dashboards() -> None:
    (provider,) = read_yaml(GRAFANA / "provisioning/dashboards/tierstream.yml")["providers"]
    assert in_container("grafana", provider["options"]["path"]).samefile(GRAFANA / "dashboards")
    home = environment("grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert in_container("grafana", home).is_file()


def test_nobody_may_change_what_grafana_shows_and_there_is_no_password() -> None:
    given = environment("grafana")
    assert given["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert given["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert not [name for name in given if "PASSWORD" in name or "SECRET" in name]
