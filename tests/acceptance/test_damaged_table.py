"""One table's files are damaged: the others go on, and an operator mends it beside them."""

import httpx

from process import wait_until

CHARGERS = 300
NO_POSITION = {"wayfold-position": None}


def damage(wayfold, table: str) -> None:
    """Rows do not read any more; the rest of their files does."""
    files = [path for path in (wayfold.var / "tables" / table).rglob("*.sst")
             if path.stat().st_size > 16 << 10]
    assert files
    for path in files:
        content = bytearray(path.read_bytes())
        for at in range(len(content) * 4 // 10, len(content) * 7 // 10, 512):
            content[at] ^= 0x55
        path.write_bytes(content)


def test_the_others_go_on_and_it_is_rebuilt_beside_them(deploy):
    wayfold = deploy()
    host = wayfold.guest().register("host")
    chargers = [host.list_charger(title=f"{number}") for number in range(CHARGERS)]
    wayfold.stop()
    damage(wayfold, "chargers")
    wayfold.start()
    host.http = httpx.Client(base_url=wayfold.url, timeout=40)
    for charger in chargers:
        assert host.post(f"/chargers/{charger}/pause").status_code in (200, 202)

    def failing():
        ready = host.get("/readyz")
        return ready.status_code == 200 and "chargers" in ready.json().get("failing_tables", "")
    wait_until(failing, 60, "chargers to fail")

    renter = wayfold.guest().register("renter")  # accounts, logins and sessions are folded on
    bookings = renter.get("/bookings")
    assert bookings.status_code == 200 and "age" not in bookings.headers
    newest = host.list_charger(title="newest")
    unknown = host.get(f"/chargers/{newest}", headers=NO_POSITION)
    assert unknown.status_code == 503 and int(unknown.headers["age"]) >= 0
    metrics = host.get("/metrics").text
    assert 'wayfold_table_failing{table="chargers"} 1' in metrics
    lag = wayfold.cli("lag", check=False)
    assert lag.returncode == 1 and "chargers           FAILED" in lag.stdout
    assert wayfold.logs().count("table chargers at") == 1
    assert wayfold.cli("verify", check=False).returncode == 5

    wayfold.cli("rebuild", "chargers")
    wait_until(lambda: host.get("/readyz").json() == {"status": "ready"}, 60,
               "chargers to be folded on")
    assert host.get(f"/chargers/{newest}").status_code == 200
    wait_until(lambda: "age" not in host.get(f"/chargers/{newest}").headers, 30, "a fresh row")
    assert host.get(f"/chargers/{chargers[0]}").json()["status"] == "paused"
    wayfold.verify()
