"""The DynamoDB provider: AWS, and every server that speaks its API."""

from anydynamo.adapters.dynamodb.adapter import DynamoDBAdapter

__all__ = ["DynamoDBAdapter"]
