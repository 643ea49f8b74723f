"""What is built on a repository has from here what the repository does not hand to its callers.

A view holds its rules for good: whoever was given a scoped repository must not find a way out of it
among its methods. So these are functions of the library, and no methods.
"""

# pyright: reportPrivateUsage=false
# They are the repository's other half.

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pynamodb.models import Model

from anydynamo.repositories.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anydynamo.repositories.rules import Rule
    from anydynamo.repositories.session import Session

__all__ = ["rules_in", "session_of", "under"]

M = TypeVar("M", bound=Model)


def rules_in(repository: Repository[M]) -> tuple[Rule, ...]:
    """Return what holds for all items of a repository, in order."""
    return repository._rules


def session_of(repository: Repository[M]) -> Session:
    """Return what a repository shares with its database."""
    return repository._session


def under(repository: Repository[M], rules: Iterable[Rule]) -> Repository[M]:
    """Return a view of the same items under other rules.

    Args:
        repository: The repository.
        rules: All of them, those of the model included.
    """
    return Repository(repository._session, repository.model, rules=rules)
