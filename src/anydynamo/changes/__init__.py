"""What happened to a table's items, in order and typed."""
