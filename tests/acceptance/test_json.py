"""The JSON parsing suite over HTTP: what is no JSON is told apart from JSON that does not fit."""

import pytest

from client import code_of
from deployment import DATA

CASES = sorted((DATA / "vectors/json/JSONTestSuite/test_parsing").glob("*.json"))


def send(host, body: bytes):
    return host.request("POST", "/chargers", content=body,
                        headers={"content-type": "application/json"})


def test_the_suite_is_there():
    assert len(CASES) == 318


@pytest.mark.parametrize("path", [p for p in CASES if p.name.startswith("n_")],
                         ids=lambda path: path.stem)
def test_what_is_no_json(host, path):
    answer = send(host, path.read_bytes())
    assert (answer.status_code, code_of(answer)) == (400, "malformed_json")


@pytest.mark.parametrize("path", [p for p in CASES if p.name.startswith("y_")],
                         ids=lambda path: path.stem)
def test_json_that_does_not_fit(host, path):
    answer = send(host, path.read_bytes())
    assert 400 <= answer.status_code < 500
    assert code_of(answer) != "malformed_json"


@pytest.mark.parametrize("path", [p for p in CASES if p.name.startswith("i_")],
                         ids=lambda path: path.stem)
def test_what_may_be_either(host, path):
    answer = send(host, path.read_bytes())
    assert 400 <= answer.status_code < 500
    assert code_of(answer)


def test_nothing_came_of_it(host):
    assert host.pages("/chargers", host=host.account) == []
    assert host.list_charger()
