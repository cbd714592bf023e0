"""The generator: schemas in, C++ out. scripts/gen.py is its command line."""
