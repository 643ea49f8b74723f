"""One table's items as instances of its model: requests, walks, batches, transactions, versions."""
