"""Attribute values: their checks, sizes, numbers, key bytes and form in JSON."""
