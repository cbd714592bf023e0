"""Fixtures: each module gets a deployment of its own; what it logged is shown with a failure."""

import pytest

from deployment import KINDS
from load import Load


def pytest_addoption(parser):
    parser.addoption("--log", choices=KINDS, default="embedded", help="the log to run on")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if hasattr(value, "logs"):
                report.sections.append(("logs of the deployment", value.logs()))
    return report


@pytest.fixture(scope="module")
def deploy(request, tmp_path_factory):
    """Starts deployments of this run's log, destroyed when the module ends."""
    made = []

    def start(name="deployment", kind=KINDS[request.config.getoption("--log")], start=True,
              **config):
        deployment = kind(tmp_path_factory.mktemp(name), **config)
        made.append(deployment)
        if start:
            deployment.start()
        return deployment

    yield start
    for deployment in made:
        deployment.destroy()


@pytest.fixture(scope="module")
def wayfold(deploy):
    return deploy()


@pytest.fixture(scope="module")
def host(wayfold):
    return wayfold.guest().register("host", name="Meera")


@pytest.fixture(scope="module")
def renter(wayfold):
    return wayfold.guest().register("renter", name="Asha")


@pytest.fixture
def charger_id(host):
    return host.list_charger()


@pytest.fixture(scope="module")
def load(wayfold):
    """Clients that book all the time until they are stopped."""
    host, renter = wayfold.guest().register("host"), wayfold.guest().register("renter")
    made = Load(wayfold.urls, renter.token, [host.list_charger(title=f"{n}") for n in range(32)])
    made.start()
    yield made
    made.stop()
