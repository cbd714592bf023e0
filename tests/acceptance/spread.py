"""A deployment on Kafka with every kind of process."""

import json
from pathlib import Path

from deployment import START_S, OnKafka
from process import ROOT, Process

EXTRA = {"work": ["--only", "deciders"], "forwarders": ["--only", "forwarders"]}
TABLES = json.loads((ROOT / "config/kafka.json").read_text())["tables"][0]["tables"]


class Spread(OnKafka):
    """`serve` answers from tables of its own, `gateway` from those of `project`; of the two kinds
    of `work` one process decides and another forwards."""

    def __init__(self, directory: Path, **config):
        super().__init__(directory, **config)
        self.address = f"unix:{directory}/tables.sock"
        self.settings |= {"secrets": str(self.var / "secrets.json"),
                          "tables": [{"address": self.address, "tables": TABLES}]}
        self.nodes: dict[str, Process] = {}
        self._urls: dict[str, str] = {}

    def var_of(self, kind: str) -> Path:
        return self.var if kind == "serve" else Path(f"{self.var}-{kind}")

    def vars_with_tables(self) -> list[Path]:
        return [self.var_of(kind) for kind in ("serve", "project")]

    def start(self) -> None:
        self.found()
        for kind in ("project", "serve", "work", "forwarders", "gateway"):
            self.start_node(kind)

    def start_node(self, kind: str) -> None:
        extra = EXTRA.get(kind, [])
        if kind == "project":
            extra = ["--serve", self.address]
        self.nodes[kind] = self.launch(
            "work" if kind == "forwarders" else kind, "--config", self.config,
            "--var", self.var_of(kind), *extra, log=kind)
        if kind in ("serve", "gateway"):
            self._urls[kind] = self.wait_ready(self.nodes[kind])
            self.url = self._urls["serve"]
        elif kind == "project":
            self.nodes[kind].wait_for("wayfold: ready", START_S)

    def urls(self) -> list[str]:
        return list(self._urls.values())

    def processes(self) -> list[Process]:
        return list(self.nodes.values())
