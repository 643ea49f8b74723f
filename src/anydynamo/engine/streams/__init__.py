"""DynamoDB Streams: what is recorded, and how it is read."""
