"""An HTTP client of one principal, and the few things most tests ask of Wayfold."""

import uuid
from datetime import datetime, timedelta, timezone

import httpx

PASSWORD = "correct horse battery staple"
ALWAYS = [{"day": day, "from": 0, "to": 1440} for day in range(1, 8)]
DELHI = [77.209, 28.6139]
# One for all of a run, whose hour may end meanwhile; and what begins then is not yet past.
RUN_MAX = timedelta(minutes=20)
FIRST_HOUR = (datetime.now(timezone.utc) + RUN_MAX).replace(
    minute=0, second=0, microsecond=0) + timedelta(hours=1)


def rfc3339(at: datetime) -> str:
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def hours_ahead(hours: float) -> str:
    """From a full hour to come, so that slots of different calls lie side by side."""
    return rfc3339(FIRST_HOUR + timedelta(hours=hours))


def charger(**over) -> dict:
    return {"title": "Green Park", "position": DELHI, "instant": True, "time_zone": "Asia/Kolkata",
            "connectors": [{"number": 1, "type": "ccs2", "power_w": 50_000}],
            "schedule": ALWAYS} | over


def slot(charger_id: str, hour: float = 0, hours: float = 1, connector: int = 1) -> dict:
    return {"charger": charger_id, "connector": connector, "start": hours_ahead(hour),
            "end": hours_ahead(hour + hours)}


class Client:
    """Sends an Idempotency-Key with every command, and the last position it saw with every read."""

    def __init__(self, url: str, token: str = "", timeout: float = 40):
        self.http = httpx.Client(base_url=url, timeout=timeout)
        self.token = token
        self.account = ""
        self.position = ""

    def request(self, method: str, path: str, body=None, key: str | None = "", **over):
        """`key`: "" makes one, None sends none. `headers` win over ours; None takes one away."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        if self.position:
            headers["wayfold-position"] = self.position
        if method != "GET" and key is not None:
            headers["idempotency-key"] = key or str(uuid.uuid4())
        headers |= over.pop("headers", {})
        headers = {name: value for name, value in headers.items() if value is not None}
        if body is not None:
            over["json"] = body
        answer = self.http.request(method, path, headers=headers, **over)
        self.position = answer.headers.get("wayfold-position", self.position)
        return answer

    def get(self, path: str, **over):
        return self.request("GET", path, **over)

    def post(self, path: str, body=None, key: str | None = "", **over):
        return self.request("POST", path, {} if body is None else body, key, **over)

    def pages(self, path: str, **params) -> list[dict]:
        """Every row of a list, page by page, as its Link headers lead."""
        rows, answer = [], self.get(path, params=params)
        while True:
            assert answer.status_code == 200, answer.text
            rows += answer.json()["items"]
            if "next" not in answer.links:
                return rows
            answer = self.get(answer.links["next"]["url"])

    # ---- people ----

    def register(self, *roles: str, name: str = "Asha") -> "Client":
        """A new account of these roles, logged in."""
        identifier = f"{uuid.uuid4().hex}@example.org"
        guest = Client(str(self.http.base_url))
        made = guest.post("/auth/register", {"identifier": identifier, "password": PASSWORD,
                                             "roles": list(roles), "name": name})
        assert made.status_code == 201, made.text
        guest.identifier = identifier
        return guest.login()

    def login(self) -> "Client":
        answer = self.post("/auth/login", {"identifier": self.identifier, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        self.token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.account = tokens["account"]
        return self

    # ---- things ----

    def list_charger(self, **over) -> str:
        answer = self.post("/chargers", charger(**over))
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def book(self, charger_id: str, hour: float = 0, **over) -> str:
        answer = self.post("/bookings", slot(charger_id, hour, **over))
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]


def code_of(answer: httpx.Response) -> str:
    """The stable code of a problem; fails if the answer is none."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code and problem["detail"], problem
    return problem["code"]


def refused(answer: httpx.Response, status: int, code: str) -> dict:
    assert (answer.status_code, code_of(answer)) == (status, code), answer.text
    return answer.json()
