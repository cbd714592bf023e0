"""gen/tables."""
