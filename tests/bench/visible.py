"""Paced bookings, each read back with its position token: how long until it is seen."""
import asyncio
import json
import time

from client import Connection

CONNECTIONS = 64
LISTENING_SECONDS_MAX = 60


def slot_times(slot):
    tomorrow = (int(time.time()) // 86400 + 1) * 86400
    form = "%Y-%m-%dT%H:%M:%SZ"
    return (time.strftime(form, time.gmtime(tomorrow + slot * 900)),
            time.strftime(form, time.gmtime(tomorrow + (slot + 1) * 900)))


def body_of(charger, slot):
    start, end = slot_times(slot)
    return {"charger": charger, "connector": 1, "start": start, "end": end}


async def run(port, seconds, rate, tokens, chargers, slot, prefix):
    """Times from when each was due, in seconds, and how many went wrong."""
    idle = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await Connection.open(port))
    times = []

    async def one(number, due):
        connection = await idle.get()
        token = tokens[number % len(tokens)]
        charger = chargers[number % len(chargers)]
        body = body_of(charger, slot + number // len(chargers))
        answer = await connection.post("/bookings", f"{prefix}{number}", token, body)
        if answer.status == 201:
            path = "/bookings/" + json.loads(answer.body)["id"]
            answer = await connection.get(path, token, answer.position)
            if answer.status == 200:
                times.append(time.perf_counter() - due)
        idle.put_nowait(connection)

    begin = time.perf_counter() + 0.05
    tasks = []
    for number in range(rate * seconds):
        due = begin + number / rate
        rest = due - time.perf_counter()
        if rest > 0:
            await asyncio.sleep(rest)
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    while not idle.empty():
        idle.get_nowait().close()
    return times, rate * seconds - len(times)


async def book(port, token, charger, slot, key):
    connection = await Connection.open(port)
    answer = await connection.post("/bookings", key, token, body_of(charger, slot))
    connection.close()
    assert answer.status == 201, answer.body
    return json.loads(answer.body)["id"], answer.position


async def open_once_listening(port):
    until = time.monotonic() + LISTENING_SECONDS_MAX
    while True:
        try:
            return await Connection.open(port)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.005)


async def read_until_there(port, token, booking, position):
    connection = await open_once_listening(port)
    while True:
        answer = await connection.get("/bookings/" + booking, token, position)
        if answer.status == 200:
            connection.close()
            return json.loads(answer.body)
        await asyncio.sleep(0.005)
