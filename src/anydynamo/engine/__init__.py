"""DynamoDB's semantics in pure Python, over an ordered key-value store, without any I/O."""
