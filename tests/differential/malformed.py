"""Requests that are wrong in one place: something left out, of another type, too long, unknown."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["REPLACEMENTS", "broken", "places", "replaced"]

# Any: requests have DynamoDB's shapes, and what replaces a part of one has any.
Place = tuple[str | int, ...]

LEFT_OUT = object()

REPLACEMENTS: tuple[Any, ...] = (
    *(LEFT_OUT, None, "", "x", "a!b", "y" * 256, "z" * 70_000),
    *(0, -1, 1.5, 10**10, True, [], {}, ["x"], {"x": "y"}),
    *({"S": "a"}, {"N": "1"}, {"N": "abc"}, {"N": ""}, {"S": 1}, {"S": None}, {"Q": "a"}),
    *({"NULL": False}, {"SS": []}, {"S": "a", "N": "1"}, {"BOOL": "true"}, {"L": {}}, {"M": []}),
)
"""What a part of a request is replaced by."""


def places(request: Any, place: Place = ()) -> Iterator[Place]:
    """Yield where the parts of a request are, that are themselves not the request."""
    if place:
        yield place
    if isinstance(request, dict):
        for name in request:
            yield from places(request[name], (*place, name))
    elif isinstance(request, list):
        for index, inner in enumerate(request):
            yield from places(inner, (*place, index))


def replaced(request: Mapping[str, Any], place: Place, other: Any) -> dict[str, Any]:
    """Return the request with another part in one place, or without it."""
    changed: Any = copy.deepcopy(request)
    around = changed
    for step in place[:-1]:
        around = around[step]
    if other is LEFT_OUT:
        del around[place[-1]]
    else:
        around[place[-1]] = other
    result: dict[str, Any] = changed
    return result


def broken(request: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the request with one wrong part; now and then what is drawn is right as well."""
    return st.builds(
        replaced,
        st.just(request),
        st.sampled_from(list(places(request))),
        st.sampled_from(REPLACEMENTS),
    )
