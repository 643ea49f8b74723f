"""Documented systems, finished, to use and to copy from; and webhook payloads."""
