"""/metrics, as an independent parser of Prometheus' format reads it."""

import re

from prometheus_client.parser import text_string_to_metric_families

from process import wait_until


def families(client) -> dict:
    page = client.get("/metrics")
    assert page.headers["Content-Type"] == "text/plain; version=0.0.4"
    parsed = list(text_string_to_metric_families(page.text))
    named = {family.name: family for family in parsed}
    assert len(named) == len(parsed), "the samples of a family come together"
    assert re.findall(r"^# TYPE (\S+)", page.text, re.M) == re.findall(
        r"^# HELP (\S+) \S", page.text, re.M)
    return named


def test_every_metric_has_its_meaning_and_type(renter, charger_id):
    renter.book(charger_id, 30)
    found = families(renter)
    for family in found.values():
        assert family.documentation and family.type != "unknown", family.name
        assert family.name.startswith("wayfold_")
    answered = {(sample.labels["route"], sample.labels["status"]): sample.value
                for sample in found["wayfold_http_requests"].samples}
    assert answered["/bookings", "201"] >= 1
    for sample in found["wayfold_http_request_seconds"].samples:
        if sample.name.endswith("_count") and sample.labels["route"] == "/bookings":
            assert sample.value >= 1


def test_tables_come_to_where_events_are_read(renter, charger_id):
    renter.book(charger_id, 31)

    def level():
        found = families(renter)
        read = {(sample.labels["topic"], sample.labels["partition"]): sample.value
                for sample in found["wayfold_events_read"].samples}
        behind = [sample for sample in found["wayfold_table_position"].samples
                  if sample.value < read[sample.labels["topic"], sample.labels["partition"]]]
        return max(read.values()) > 0 and not behind

    wait_until(level, 30, "tables that are level with the log")
