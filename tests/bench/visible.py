"""A booking made, and read back with its position token."""
import asyncio
import json
import time

from client import Connection

LISTENING_SECONDS_MAX = 60


def slot_times(slot):
    tomorrow = (int(time.time()) // 86400 + 1) * 86400
    form = "%Y-%m-%dT%H:%M:%SZ"
    return (time.strftime(form, time.gmtime(tomorrow + slot * 900)),
            time.strftime(form, time.gmtime(tomorrow + (slot + 1) * 900)))


def body_of(charger, slot):
    start, end = slot_times(slot)
    return {"charger": charger, "connector": 1, "start": start, "end": end}


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
