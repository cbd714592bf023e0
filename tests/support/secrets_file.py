"""The file of keys that `wayfold run` makes at its first start; on Kafka an operator brings it."""

import base64
import json
import os
from pathlib import Path


def make_secrets(path: Path) -> None:
    if path.exists():
        return

    def key():
        return base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()

    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_text(json.dumps({"signing": key(), "masters": [key()], "pepper": key(),
                                "fingerprint": key(), "refresh": key()}))
