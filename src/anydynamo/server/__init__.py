"""DynamoDB's HTTP protocol over any adapter, for clients in any language."""
