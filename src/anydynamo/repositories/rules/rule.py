"""What a rule is, and what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from anydynamo.repositories.expectations import Expectation
    from anydynamo.repositories.placeholders import Expressions
    from anydynamo.repositories.targets import Target

__all__ = ["Rule"]

Item = "Mapping[str, Any]"


class Rule:
    """Something that holds for all items of a repository; a subclass says what.

    Rules are values without state: what is to be remembered of one write is kept with that write.

    Attributes:
        conditional: Whether puts and deletes get conditions, which DynamoDB's batches do not take;
            batches are then sent as transactions.
        sees: The attributes, by their names in DynamoDB, from which `hides` tells whether an item
            is hidden. They are read along wherever something less than whole items is read.
        absent: Whether an item that is hidden counts as absent. If not, it is in the way of a new
            one.
        hidden: What is said of an item that is hidden and in the way.
        private: Whether not even the key of an item that is hidden is to be seen.
    """

    __slots__ = ()

    conditional: ClassVar[bool] = False
    absent: ClassVar[bool] = True
    hidden: ClassVar[str] = ""
    private: ClassVar[bool] = False

    @property
    def sees(self) -> tuple[str, ...]:
        """The attributes that tell whether an item is hidden; none if this rule hides nothing."""
        return ()

    @property
    def identity(self) -> tuple[Any, ...]:
        """What tells a query under this rule from one without it, for page tokens."""
        return ()

    def check_update(self, touched: Collection[str]) -> None:
        """Refuse an update whose actions are not to be made by hand.

        Args:
            touched: The attributes that they change or look at, by their names in DynamoDB.

        Raises:
            InvalidRequest: It is refused.
        """

    def narrow(
        self, target: Target, partition: Mapping[str, Any], given: Sequence[str]
    ) -> Mapping[str, Any] | None:
        """Say what this rule wants of a query's key, where `sees` names parts of it.

        Args:
            target: What is queried.
            partition: The values of the partition key in DynamoDB's JSON, by names.
            given: The attributes of the sort key that the query has conditions on.

        Returns:
            Further attributes of the sort key, with the one value that each is to have. The key
            then leaves out what is hidden; None if it does not.

        Raises:
            InvalidRequest: The query cannot be asked.
        """
        return None

    def prepare(self, write: Expectation[Any]) -> None:
        """Add to a write what this rule wants of it.

        Raises:
            InvalidRequest: It cannot be done.
        """

    def hides(self, item: Mapping[str, Any], at: float) -> bool:
        """Tell whether a stored item is not to be seen.

        Args:
            item: The item in DynamoDB's JSON, with the attributes that are in `sees` at least.
            at: The time in seconds since 1970.
        """
        return False

    def shows(self, expressions: Expressions, at: float) -> str | None:
        """Write the condition that an item is not hidden; None if this rule hides nothing.

        It is true of an item that is absent.
        """
        return None
