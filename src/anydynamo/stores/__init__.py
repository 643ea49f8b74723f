"""Where the embedded engine keeps its bytes: memory, a JSON file, SQLite."""
