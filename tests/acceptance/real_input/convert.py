"""Turns the real charging sessions of ../shared/data/ev into lines for `wayfold import`.

One session = reserve and check in at its start, complete at its end. Lines stand in the order in
which things happened; what happened at once, by the session's start and then its source's id. A
session without an end is reserved without one, an empty one as it is: the answer says why not.
Imported chargers are open 24/7, have no shortest or longest booking and are booked at once; the
i-th of them, by source and name, stands where the (i mod 100)-th London site stands.
"""

import json
import sys
import uuid
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

if __package__:
    from .sources import SOURCES, Session, read_sites
else:
    from sources import SOURCES, Session, read_sites

SPACE = uuid.UUID("5b8a4f0e-6f1c-4d5e-9a57-7761796f6c64")
ALWAYS = [{"day": day, "from": 0, "to": 1440} for day in range(1, 8)]
STEPS = ("reserve", "check-in", "complete")


def account(kind: str, source: str, name: str = "") -> str:
    return str(uuid.uuid5(SPACE, f"{kind}/{source}/{name}"))


def rfc3339(at: datetime) -> str:
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def charger_key(session: Session) -> str:
    return f"{session.source}/charger/{quote(session.charger)}"  # keys are ASCII without spaces


def charger_line(rank: int, sessions: list[Session], sites: list, zone: str) -> dict:
    """A charger is listed when its first session starts: nothing of it is older."""
    first = sessions[0]
    plugs = {one.connector: one.plug for one in sessions}
    return {
        "route": "POST /chargers",
        "key": charger_key(first),
        "as": account("host", first.source),
        "occurred_at": rfc3339(min(one.start for one in sessions)),
        "body": {
            "title": f"{first.source} {first.charger}",
            "position": sites[rank % len(sites)],
            "connectors": [{"number": number, "type": kind, "power_w": power}
                           for number, (kind, power) in sorted(plugs.items())],
            "instant": True,
            "time_zone": zone,
            "schedule": ALWAYS,
        },
    }


def session_lines(session: Session) -> list[tuple[datetime, dict]]:
    """The commands of one session with their times."""
    key = f"{session.source}/{session.id}/"
    body = {"charger": f"{{id:{charger_key(session)}}}", "connector": session.connector,
            "start": rfc3339(session.start)}
    commands = [("POST /bookings", session.start, body)]
    if session.end:
        body["end"] = rfc3339(session.end)
        path = f"POST /bookings/{{id:{key}reserve}}/"
        commands += [(path + "check-in", session.start, {}), (path + "complete", session.end, {})]
    renter = account("renter", session.source, session.renter)
    return [(at, {"route": route, "key": key + step, "as": renter, "occurred_at": rfc3339(at),
                  "body": body})
            for step, (route, at, body) in zip(STEPS, commands)]


def lines(data: Path) -> list[dict]:
    """Everything as import lines."""
    chargers, timed = defaultdict(list), []
    zones = {}
    for source in SOURCES:
        zones[source.name] = source.zone
        sessions = sorted(source.read(data / "ev"), key=lambda one: (one.start, one.id))
        for session in sessions:
            chargers[session.source, session.charger].append(session)
            timed += [(at, session.start, session.source, session.id, step, line)
                      for step, (at, line) in enumerate(session_lines(session))]
    sites = read_sites(data / "ev")
    listed = [charger_line(rank, sessions, sites, zones[source])
              for rank, ((source, _), sessions) in enumerate(sorted(chargers.items()))]
    return listed + [line for *_, line in sorted(timed, key=lambda one: one[:5])]


def main() -> None:
    for line in lines(Path(sys.argv[1])):
        print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
