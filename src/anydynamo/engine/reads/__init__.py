"""Query and Scan: ranges of keys, read a page at a time."""
