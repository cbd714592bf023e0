"""Hosts, renters and chargers, made through the API as any client would."""
import asyncio
import json

from client import Connection

HOSTS = 16
RENTERS = 16
PASSWORD = "a bench password"
WEEK = [{"day": day, "from": 0, "to": 1440} for day in range(1, 8)]


async def login(port, role, number):
    person = {"identifier": f"{role}{number}@bench.example", "password": PASSWORD}
    connection = await Connection.open(port)
    registered = await connection.post("/auth/register", f"{role}{number}", None,
                                       {**person, "roles": [role], "name": role})
    assert registered.status == 201, registered.body
    answer = await connection.post("/auth/login", f"login {role}{number}", None, person,
                                   registered.position)
    assert answer.status == 200, answer.body
    connection.close()
    return json.loads(answer.body)["access_token"]


async def list_chargers(port, token, numbers, ids):
    connection = await Connection.open(port)
    for number in numbers:
        place = [round(77 + number % 100 * 0.004, 4), round(28.4 + number // 100 * 0.004, 4)]
        answer = await connection.post("/chargers", f"charger {number}", token, {
            "title": f"Charger {number}", "instant": True, "time_zone": "Asia/Kolkata",
            "position": place,
            "connectors": [{"number": 1, "type": "type2", "power_w": 22000}],
            "price_per_hour": {"minor": 12000, "currency": "INR"}, "schedule": WEEK})
        assert answer.status == 201, answer.body
        ids[number] = json.loads(answer.body)["id"]
    connection.close()


async def everybody(port, chargers):
    hosts = [await login(port, "host", i) for i in range(HOSTS)]
    renters = [await login(port, "renter", i) for i in range(RENTERS)]
    ids = [None] * chargers
    lanes = 64  # connections; each host has several
    await asyncio.gather(*(list_chargers(port, hosts[lane % HOSTS], range(lane, chargers, lanes),
                                         ids) for lane in range(lanes)))
    return renters, ids


def make(node, chargers):
    """Writes renters' tokens and chargers' ids where the load generators read them."""
    renters, ids = asyncio.run(everybody(node.port, chargers))
    (node.dir / "tokens.txt").write_text("\n".join(renters) + "\n")
    (node.dir / "chargers.txt").write_text("\n".join(ids) + "\n")


def lines(path):
    return path.read_text().split()
