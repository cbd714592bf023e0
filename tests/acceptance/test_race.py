"""Two hundred clients want one slot at once: one of them gets it."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from client import Client, code_of, slot

CLIENTS = 200


def test_only_one_wins_BK1(wayfold, host, renter, charger_id):
    clients = [Client(wayfold.url, renter.token) for _ in range(CLIENTS)]
    start = threading.Barrier(CLIENTS)
    body = slot(charger_id)

    def book(client):
        assert client.http.get("/healthz").status_code == 200  # connected before the race begins
        start.wait(timeout=60)
        return client.post("/bookings", body)

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(book, clients))
    outcomes = Counter((answer.status_code, answer.is_success or code_of(answer))
                       for answer in answers)
    assert outcomes == {(201, True): 1, (409, "slot_taken"): CLIENTS - 1}
    [winner] = [answer.json()["id"] for answer in answers if answer.is_success]
    host.position = next(a.headers["wayfold-position"] for a in answers if a.is_success)
    assert [row["id"] for row in host.pages("/bookings", charger=charger_id)] == [winner]


def test_all_tables_agree_with_the_log_afterwards(wayfold):
    wayfold.verify()
