"""Chaos runs with the fixtures of the acceptance tests."""

pytest_plugins = ["given"]
