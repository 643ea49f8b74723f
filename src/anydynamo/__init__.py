"""Typed PynamoDB models that run on any backend and give the same answer on each."""

__version__ = "0.1.0"
