"""What the installed botocore knows of DynamoDB: the oldest one supported lacks some members."""

from __future__ import annotations

import botocore.session
import pytest

__all__ = ["needs_member"]


def needs_member(shape: str, member: str) -> pytest.MarkDecorator:
    """Skip a test of a client whose botocore has no such member in its model of DynamoDB."""
    model = botocore.session.get_session().get_service_model("dynamodb")
    return pytest.mark.skipif(
        member not in model.shape_for(shape).members,
        reason=f"this botocore is older than {member} of {shape}, and so is every client on it",
    )
