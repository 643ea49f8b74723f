"""For tests of one's own: DynamoDB in this process, contracts that adapters keep, strategies."""

from anydynamo.testing.mocking import MockDynamoDB, mock_dynamodb

__all__ = ["MockDynamoDB", "mock_dynamodb"]

for _public in (MockDynamoDB, mock_dynamodb):
    _public.__module__ = __name__
