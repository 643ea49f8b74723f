"""Where moto and Dynoxide are known to differ from DynamoDB, test by test of the adapter contract.

Each test that is named here runs all the same, must fail, and is reported when it no longer does.
The expectations come from AWS's documentation: the API Reference of DynamoDB (version 2012-08-10)
and the Developer Guide's pages on expressions, limits, data types and capacity.
"""

from __future__ import annotations

from tests.deviations.dynoxide import DYNOXIDE, DYNOXIDE_WORDINGS
from tests.deviations.moto import MOTO

__all__ = ["DYNOXIDE", "DYNOXIDE_WORDINGS", "MOTO"]
