"""DynamoDB's legacy parameters, the ones from before expressions.

They are translated into what expressions are compiled to, so that one evaluator answers both; what
they do otherwise than expressions is part of the translation. Source: "Legacy DynamoDB conditional
parameters" of the Amazon DynamoDB Developer Guide and the pages below it, and the API Reference's
Condition, ExpectedAttributeValue and AttributeValueUpdate.
"""

from anydynamo.engine.legacy.conditions import expected_condition, filter_condition
from anydynamo.engine.legacy.keyconditions import key_conditions
from anydynamo.engine.legacy.parameters import LEGACY, refuse_mixture
from anydynamo.engine.legacy.projections import attributes_to_get
from anydynamo.engine.legacy.updates import attribute_updates

__all__ = [
    "LEGACY",
    "attribute_updates",
    "attributes_to_get",
    "expected_condition",
    "filter_condition",
    "key_conditions",
    "refuse_mixture",
]
