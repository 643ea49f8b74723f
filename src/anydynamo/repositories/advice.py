"""What to do about an error of DynamoDB's whose own text does not say it."""

from __future__ import annotations

__all__ = ["advice"]

_ADVICE = {
    (
        "does not match the schema",
        "does not match schema type",
        "missed key schema element",
        "Missing the key",
        "Type mismatch for key",
    ): "create_tables tells how the table's key differs from the model's",
    ("exceeded the maximum allowed size",): (
        "an item holds 400 KB with the names of its attributes: compress what is large in it, "
        "divide it into several items, or keep it somewhere else, such as S3, and its address here"
    ),
}
"""Parts of DynamoDB's texts, and what to do."""


def advice(message: str) -> str:
    """Return what to do about an error with DynamoDB's text, to be put after it; maybe nothing."""
    for parts, said in _ADVICE.items():
        if any(part in message for part in parts):
            return f"; {said}"
    return ""
