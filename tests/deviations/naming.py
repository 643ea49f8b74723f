"""How deviating tests are named: by the test and its cases, under the reason that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ALL", "by_test"]

ALL: Final[Sequence[str]] = ()
"""Every case of a test."""


def by_test(groups: Mapping[str, Mapping[str, Sequence[str]]]) -> Mapping[str, str]:
    """Return the reason of each test, given the tests of each reason."""
    return {
        name: reason
        for reason, tests in groups.items()
        for test, cases in tests.items()
        for name in ([f"{test}[{case}]" for case in cases] or [test])
    }
