"""A deployment to measure on Kafka: `serve` and `work` of config/kafka.json, and one broker."""
import subprocess
import sys

from node import ROOT, Node, cpu_of

sys.path.insert(0, str(ROOT / "tests/support"))

from secrets_file import make_secrets  # noqa: E402


class KafkaNode(Node):
    base = "kafka.json"

    def __init__(self, build, overrides=()):
        super().__init__(build)
        self.overrides = overrides

    def broker(self, action):
        return subprocess.run([ROOT / "scripts/kafka", action, "--dir", self.dir / "broker"],
                              capture_output=True, text=True, check=True).stdout

    def __enter__(self):
        try:
            bootstrap = self.broker("up").strip().removeprefix("bootstrap=")
            secrets = self.dir / "secrets.json"
            make_secrets(secrets)
            tables = f"unix:{self.dir}/tables.sock"
            self.configure([("kafka.bootstrap", bootstrap), ("kafka.replication", 1),
                            ("kafka.min_insync", 1), ("partitions", 2), ("secrets", str(secrets)),
                            ("serve_tables", tables), ("tables", []), *self.overrides])
            self.tool("topics")
            return super().__enter__()
        except BaseException:
            self.broker("kill")
            raise

    def __exit__(self, *_):
        self.stop()
        self.broker("kill")
        super().__exit__()

    def commands(self):
        return [self.arguments("serve"), self.arguments("work", "--var", f"{self.var}-work")]

    def cpu_of_broker(self):
        return cpu_of(int((self.dir / "broker/1/pid").read_text()))
