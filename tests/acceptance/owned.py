"""One of everything that the schemas let people make, and who may see it as they say."""

import json
import re
import uuid

from client import Client, hours_ahead
from process import ROOT, wait_until

OPEN_ROLES = json.loads((ROOT / "config/platforms/charge_mitra.json").read_text())["open_roles"]
STAFF = ("operator", "admin", "importer")
REFUSED = (401, 403, 404)


def generic(route: str) -> str:
    """A route with its parameters unnamed: the document and the schemas name some differently."""
    return re.sub(r"\{\w+\}", "{}", route)


def load() -> tuple[dict[str, dict], list[dict]]:
    """The commands that have a route, by it; the tables that have one."""
    commands = {generic(one["x-wf-route"]): one
                for path in sorted((ROOT / "schemas").glob("*.json"))
                for one in json.loads(path.read_text()).get("$defs", {}).values()
                if "x-wf-route" in one}
    tables = [json.loads(path.read_text()) for path in sorted(ROOT.glob("schemas/tables/*.json"))]
    return commands, [one for one in tables if "x-wf-path" in one]


COMMANDS, TABLES = load()


def routes(document) -> dict[str, dict]:
    """Operations by METHOD /path."""
    return {f"{method.upper()} {template}": operation
            for template, item in document["paths"].items() for method, operation in item.items()}


def table_of(path: str) -> dict | None:
    path = path.removeprefix("/ws")
    return next((one for one in TABLES if f"{path}/".startswith(one["x-wf-path"] + "/")), None)


def key_of(table: dict, row: dict) -> tuple:
    return tuple(row[column] for column in table["x-wf-key"])


def path_of(table: dict, row: dict) -> str:
    return "/".join((table["x-wf-path"], *key_of(table, row)))


def may_read(table: dict, client: Client, row: dict) -> bool:
    columns = [table["x-wf-readers"][role] for role in client.roles
               if role in table["x-wf-readers"]]
    return any(column == "*" or row[column] == client.account for column in columns)


def join(wayfold, *roles: str) -> Client:
    """Somebody of these roles: no role, a member of the staff, or a new account."""
    if roles and roles[0] not in STAFF:
        name = f"name-{uuid.uuid4().hex}"
        client = wayfold.guest().register(*roles, name=name)
        client.name = name
    else:
        client = wayfold.staff(roles[0]) if roles else wayfold.guest()
    client.roles = roles or ("guest",)
    return client


class Owned:
    """What two people have, one a host and one a renter: rows of every table, ids by their kind."""

    def __init__(self, wayfold):
        self.people = {role: join(wayfold, role) for role in OPEN_ROLES}
        self.document = wayfold.guest().get("/openapi.json").json()
        self.ids = {"account": self.people[OPEN_ROLES[0]].account}
        self.sent: list[tuple[str, str, dict, str]] = []  # what made them, with its key
        self.outcomes: list[str] = []
        makers = [route for route, one in COMMANDS.items() if "x-wf-creates" in one]
        while makers:
            able = [route for route in makers if self.known(route)]
            assert able, f"{makers}: none can be sent before another one"
            for route in able:
                self.make(route)
                makers.remove(route)
        self.rows: dict[str, list[dict]] = {}
        wait_until(self.collect, 30, "a row of everything")

    @property
    def personal(self) -> list[str]:
        return [text for one in self.people.values() for text in (one.name, one.identifier)]

    def operation(self, route: str) -> dict:
        method, path = route.lower().split(" ")
        return next(item[method] for template, item in self.document["paths"].items()
                    if generic(template) == path and method in item)

    def known(self, route: str) -> bool:
        """Whether we have the things it names: its path by a parameter, its body by fields."""
        command = COMMANDS[route]
        kinds = {one.get("x-wf-creates") for one in COMMANDS.values()}
        named = set(re.findall(r"\{(\w+)\}", command["x-wf-route"])) | set(command["properties"])
        return named & kinds <= self.ids.keys()

    def place(self, route: str) -> tuple[str, str]:
        """Its method, and its path with our ids."""
        method, path = COMMANDS[route]["x-wf-route"].split(" ")
        return method, path.format(**self.ids)

    def body(self, route: str) -> dict:
        """The schema's example, of our things and at a time to come."""
        content = self.operation(route).get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        body = dict(schema.get("examples", [{}])[0])
        times = [name for name, one in schema.get("properties", {}).items()
                 if one.get("format") == "date-time" and name in body]
        body |= {name: hours_ahead(n) for n, name in enumerate(times)}
        return body | {kind: self.ids[kind] for kind in self.ids.keys() & body.keys()}

    def make(self, route: str) -> None:
        command = COMMANDS[route]
        maker = next(self.people[role] for role in command["x-wf-roles"] if role in self.people)
        method, path = self.place(route)
        body, key = self.body(route), str(uuid.uuid4())
        answer = maker.request(method, path, body, key)
        assert answer.status_code == 201, f"{route}: {answer.text}: better examples are needed"
        self.ids[command["x-wf-creates"]] = answer.json()["id"]
        self.sent.append((method, path, body, key))
        self.outcomes.append(answer.json()["command"])
        for one in self.people.values():
            one.position = maker.position

    def collect(self) -> bool:
        """Whether every table has a row of theirs."""
        for table in TABLES:
            found = {key_of(table, row): row for one in self.people.values()
                     if set(one.roles) & table["x-wf-readers"].keys()
                     for row in one.pages(table["x-wf-path"])}
            self.rows[table["x-wf-table"]] = list(found.values())
        return all(self.rows.values())

    def now(self) -> dict[str, dict]:
        """Every row of theirs, read again by one who may."""
        def read(table, row):
            reader = next(one for one in self.people.values() if may_read(table, one, row))
            answer = reader.get(path_of(table, row))
            assert answer.status_code == 200, answer.text
            return answer.json()

        return {path_of(table, row): read(table, row) for table in TABLES
                for row in self.rows[table["x-wf-table"]]}
