"""Where the embedded engine keeps its bytes: memory, a JSON file, SQLite.

Each store is its own module and is imported from there, so that memory does not cost SQLite.
"""
