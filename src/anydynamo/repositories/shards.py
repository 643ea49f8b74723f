"""Partition keys that are spread over several partitions, for those that are written too often.

One partition takes 1,000 writes of 1 KB a second. A key that gets more is written under several keys,
`campaign_1#2025-09-22#0` to `...#7`, each a shard of it ("Using write sharding to distribute
workloads evenly in your DynamoDB table", Developer Guide). The number is computed from the sort key,
so that an item is still found by one request; a query asks all shards and merges what they have.

All of it happens between a session and its adapter: whatever is built on a session, repositories,
batches, transactions, backups, sees one partition under one key.

(The lead is writing this module.)
"""
