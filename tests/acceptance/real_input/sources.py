"""Reads the three operators' session files, each as its operator wrote it, and the London sites."""

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Callable, Iterator
from zoneinfo import ZoneInfo

PLUGS = {"CHAdeMO": ("chademo", 50_000), "CCS": ("ccs2", 50_000), "T2": ("type2", 22_000),
         "T3": ("other", 22_000), "TE": ("domestic", 3_700)}
MODELS = {"APT 7kW Dual Outlet": ("type2", 7_000), "APT 7kW Single Outlet": ("type2", 7_000),
          "APT 22kW Dual Outlet": ("type2", 22_000)}
RAPID = ("other", 50_000)  # which of their plugs is which, the file does not say


@dataclass(frozen=True)
class Session:
    source: str
    id: str  # unique in its source; digits are padded so that text order is number order
    charger: str
    connector: int
    plug: tuple[str, int]  # connector type and watts
    renter: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Source:
    name: str
    zone: str
    read: Callable[[Path], Iterator[Session]]


def read_dundee(folder: Path) -> Iterator[Session]:
    def local(date: str, time: str) -> datetime | None:
        if not date:
            return None
        at = datetime.strptime(f"{date} {time}", "%d/%m/%Y %H:%M")
        return at.replace(tzinfo=ZoneInfo("Europe/London"))

    with open(folder / "dundee_2018-06-06_2018-09-06.csv", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            yield Session("dundee", row["Charging event"].zfill(12), row["CP ID"],
                          int(row["Connector"]), MODELS.get(row["Model"], RAPID), row["User ID"],
                          local(row["Start Date"], row["Start Time"]),
                          local(row["End Date"], row["End Time"]))


def read_paris(folder: Path) -> Iterator[Session]:
    """Sessions have no id there: the row's number stands for it."""
    def local(text: str) -> datetime:
        at = datetime.strptime(" ".join(text.split()[:5]), "%a %b %d %Y %H:%M:%S")
        return at.replace(tzinfo=ZoneInfo("Europe/Paris"))

    with open(folder / "paris_belib_2017-04.csv", encoding="utf-8-sig") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter=";"), 1):
            yield Session("paris", str(number).zfill(12), row["Borne"],
                          int(row["Prise de courant"]), PLUGS[row["Type de prise"]],
                          row["UUID Badge"], local(row["Date de début"]),
                          local(row["Date de fin"]))


def read_acn(folder: Path) -> Iterator[Session]:
    with open(folder / "acn_office001.json", encoding="utf-8") as file:
        for row in json.load(file)["_items"]:
            yield Session("acn", row["_id"], row["stationID"], int(row["spaceID"]),
                          ("type1", 6_600), row["userID"] or "unknown",
                          parsedate_to_datetime(row["connectionTime"]),
                          parsedate_to_datetime(row["disconnectTime"]))


SOURCES = (Source("acn", "Etc/GMT", read_acn), Source("dundee", "Europe/London", read_dundee),
           Source("paris", "Europe/Paris", read_paris))


def read_sites(folder: Path) -> list[list[float]]:
    """Positions of the London sites in the file's order: [longitude, latitude]."""
    with open(folder / "ocm_london_poi.json", encoding="utf-8") as file:
        places = [site["AddressInfo"] for site in json.load(file)]
    return [[place["Longitude"], place["Latitude"]] for place in places]
