"""Channels: a charger's row as it changes, without loss or doubles over a reconnect."""

import json
from contextlib import contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from client import slot

WAIT_S = 20


@pytest.fixture
def charger_id(host):
    """One whose row can be read: a channel of none is refused."""
    made = host.list_charger()
    assert host.get(f"/chargers/{made}").status_code == 200
    return made


class Channel:
    def __init__(self, socket, since: int):
        self.socket, self.last = socket, since

    def next(self) -> dict:
        """The next row; each is newer than the one before."""
        message = json.loads(self.socket.recv(timeout=WAIT_S))
        assert message["sequence"] > self.last
        self.last = message["sequence"]
        return message["row"]

    def until(self, title: str) -> dict:
        while (row := self.next())["title"] != title:
            pass
        return row


@contextmanager
def channel_of(wayfold, charger_id: str, since: int = 0, more: str = "", **headers: str):
    url = wayfold.url.replace("http", "ws", 1) + f"/ws/chargers/{charger_id}?since={since}{more}"
    with connect(url, open_timeout=WAIT_S, additional_headers=headers) as socket:
        yield Channel(socket, since)


def rename(host, charger_id: str, title: str) -> None:
    answer = host.request("PATCH", f"/chargers/{charger_id}", {"title": title})
    assert answer.status_code == 200, answer.text


def test_changes_are_pushed_RT1(wayfold, host, charger_id):
    with channel_of(wayfold, charger_id) as channel:
        channel.until("Green Park")
        rename(host, charger_id, "Lodi Garden")
        assert channel.until("Lodi Garden")["id"] == charger_id


def test_a_reconnect_shows_what_was_missed_RT1(wayfold, host, charger_id):
    with channel_of(wayfold, charger_id) as channel:
        channel.until("Green Park")
    for title in ("one", "two", "three"):
        rename(host, charger_id, title)
    with channel_of(wayfold, charger_id, since=channel.last) as again:
        again.until("three")


def test_nothing_is_sent_twice(wayfold, host, charger_id):
    with channel_of(wayfold, charger_id) as channel:
        channel.until("Green Park")
    with channel_of(wayfold, charger_id, since=channel.last) as again:
        rename(host, charger_id, "new")
        assert again.next()["title"] == "new"


def test_bookings_change_the_row_AS10(wayfold, renter, charger_id):
    with channel_of(wayfold, charger_id) as channel:
        channel.next()
        assert renter.post("/bookings", slot(charger_id)).status_code == 201
        assert channel.next()["id"] == charger_id


def test_a_channel_of_what_was_just_made_waits_for_it(wayfold, host):
    for _ in range(10):
        made = host.list_charger()  # not read first: nobody knows whether it is folded
        with channel_of(wayfold, made, more=f"&position={host.position}") as channel:
            channel.until("Green Park")
        made = host.list_charger()
        with channel_of(wayfold, made, **{"Wayfold-Position": host.position}) as channel:
            channel.until("Green Park")


@pytest.mark.parametrize("path", ["chargers/x", "chargers/00000000-0000-4000-8000-000000000000",
                                  "bookings/x", "nothing/x", "", "chargers/x?since=y",
                                  "chargers/x?position=y"])
def test_what_is_no_channel(wayfold, path):
    with pytest.raises(InvalidStatus) as refused:
        with connect(wayfold.url.replace("http", "ws", 1) + "/ws/" + path, open_timeout=WAIT_S):
            pass
    assert 400 <= refused.value.response.status_code < 500


def test_nonsense_ends_only_its_own_connection(wayfold, host, charger_id):
    with channel_of(wayfold, charger_id) as victim, channel_of(wayfold, charger_id) as witness:
        with pytest.raises(ConnectionClosed):
            victim.socket.send("{" * 70_000)
            while True:
                victim.socket.recv(timeout=WAIT_S)
        rename(host, charger_id, "still here")
        witness.until("still here")


@contextmanager
def events_of(wayfold, path: str, **headers: str):
    """As an EventSource asks: the answer, and a channel's (id, message) one after another."""
    accept = {"Accept": "text/event-stream"} | headers
    with httpx.Client(timeout=WAIT_S) as client, \
         client.stream("GET", f"{wayfold.url}{path}", headers=accept) as answer:
        yield answer, events(answer.iter_lines())


def events(lines):
    event = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif "data" in event:
            message = json.loads(event["data"])
            assert message["sequence"] == int(event["id"])
            yield event["id"], message["row"]
            event = {}


def test_changes_are_pushed_as_server_sent_events_RT1(wayfold, host, charger_id):
    path = f"/ws/chargers/{charger_id}"
    with events_of(wayfold, path, Origin="http://other.example") as (answer, pushed):
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert "Access-Control-Allow-Origin" not in answer.headers
        last, row = next(pushed)
        assert row["title"] == "Green Park"
        rename(host, charger_id, "Lodi Garden")
        last, row = next(pushed)
        assert row["title"] == "Lodi Garden"
    rename(host, charger_id, "missed")
    with events_of(wayfold, path, **{"Last-Event-ID": last}) as (_, pushed):
        again, row = next(pushed)
        assert row["title"] == "missed" and int(again) > int(last)


@pytest.mark.parametrize("path, status", [
    ("/ws/chargers/00000000-0000-4000-8000-000000000000", 404), ("/ws/bookings/x", 404),
    ("/ws/chargers/x?since=y", 400), ("/chargers", 200)])
def test_what_is_no_event_stream_is_an_answer(wayfold, path, status):
    with events_of(wayfold, path) as (answer, _):
        assert answer.status_code == status
        assert answer.read()

