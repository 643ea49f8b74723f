"""What stands behind the seam: DynamoDB, the embedded engine, and wrappers around either."""
