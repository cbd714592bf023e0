"""What the modules here and below are given."""

pytest_plugins = ["given"]
