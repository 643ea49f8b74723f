"""Finished tables to use, and to copy from: a forum, and webhook payloads."""
