"""What the answers must be, from the raw files by other means than convert.py: it shares no code.

Times are whole seconds since 1970, offsets from UTC as the files imply: Dundee's are all British
Summer Time, Paris writes its own, ACN's are GMT. Months are UTC months of the start.
"""

import calendar
import csv
import json
import math
import re
import time
from collections import Counter
from pathlib import Path

EARTH_RADIUS_M = 6_371_010


def dundee(folder: Path):
    text = (folder / "dundee_2018-06-06_2018-09-06.csv").read_text("utf-8-sig")
    rows = csv.reader(text.splitlines()[1:])
    for event, user, point, plug, day, clock, end_day, end_clock, *_ in rows:
        ends = summer(end_day, end_clock) if end_day.strip() else None
        yield f"dundee {point}", int(plug), int(event), summer(day, clock), ends


def summer(day: str, clock: str) -> int:
    d, m, y = map(int, day.split("/"))
    hours, minutes = map(int, clock.split(":"))
    return calendar.timegm((y, m, d, hours - 1, minutes, 0))


def paris(folder: Path):
    text = (folder / "paris_belib_2017-04.csv").read_text("utf-8-sig")
    head, *rows = list(csv.reader(text.splitlines(), delimiter=";"))
    where = head.index
    for number, row in enumerate(rows):
        yield (f"paris {row[where('Borne')]}", int(row[where("Prise de courant")]), number,
               with_offset(row[where("Date de début")]), with_offset(row[where("Date de fin")]))


def with_offset(text: str) -> int:
    """Of "Fri Apr 14 2017 00:49:24 GMT+0200 (CEST)"."""
    clock, sign, hours, minutes = re.fullmatch(
        r"\w+ (.*) GMT([+-])(\d\d)(\d\d) \(\w+\)", text).groups()
    shift = (int(hours) * 60 + int(minutes)) * 60 * (-1 if sign == "-" else 1)
    return calendar.timegm(time.strptime(clock, "%b %d %Y %H:%M:%S")) - shift


def acn(folder: Path):
    for item in json.loads((folder / "acn_office001.json").read_text())["_items"]:
        at, to = (calendar.timegm(time.strptime(item[name], "%a, %d %b %Y %H:%M:%S GMT"))
                  for name in ("connectionTime", "disconnectTime"))
        yield f"acn {item['stationID']}", int(item["spaceID"]), item["_id"], at, to


class Expected:
    """Accepted and refused sessions, by charger's title."""

    def __init__(self, data: Path):
        self.sessions = 0
        self.bookings = Counter()  # by (charger, "2018-06")
        self.minutes = Counter()
        self.accepted = set()  # (charger, connector, start, end)
        self.refused = {}  # (source, source id) → reason
        self.titles = set()
        self._taken = {}  # (charger, connector) → intervals
        for source in (acn, dundee, paris):
            for row in sorted(source(data / "ev"), key=lambda row: (row[3], row[2])):
                self._decide(source.__name__, *row)

    def _decide(self, source, charger, connector, number, start, end):
        self.sessions += 1
        self.titles.add(charger)
        why = self._why_not(charger, connector, start, end)
        if why:
            self.refused[source, str(number)] = why
            return
        self.accepted.add((charger, connector, start, end))
        self._taken.setdefault((charger, connector), []).append((start, end))
        month = time.strftime("%Y-%m", time.gmtime(start))
        self.bookings[charger, month] += 1
        self.minutes[charger, month] += (end - start) // 60

    def _why_not(self, charger, connector, start, end):
        if end is None:
            return "open"
        if end == start:
            return "empty_interval"
        if end < start:
            return "reversed_interval"
        others = self._taken.get((charger, connector), [])
        if any(start < other_end and other_start < end for other_start, other_end in others):
            return "slot_taken"
        return None


def places(data: Path, titles) -> dict:
    """Where each charger stands: (longitude, latitude), by title."""
    sites = json.loads((data / "ev" / "ocm_london_poi.json").read_text("utf-8"))
    found = {}
    for rank, title in enumerate(sorted(titles)):
        info = sites[rank % 100]["AddressInfo"]
        found[title] = (info["Longitude"], info["Latitude"])
    return found


def metres(a, b) -> float:
    """Along the great circle of a sphere (haversine)."""
    lon_a, lat_a, lon_b, lat_b = map(math.radians, (*a, *b))
    h = (math.sin((lat_b - lat_a) / 2) ** 2
         + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2)
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(h))


def nearest(where: dict, point, radius_m: float) -> list[tuple[float, str]]:
    """Chargers within the radius, nearest first."""
    found = ((metres(point, position), title) for title, position in where.items())
    return sorted(one for one in found if one[0] <= radius_m)
