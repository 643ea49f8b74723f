"""One write: what it expects to find, what its rules add to it, and why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pynamodb.models import Model

from anydynamo.errors import (
    AlreadyExists,
    AnyDynamoError,
    ConditionFailed,
    InvalidItem,
    NotFound,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pynamodb.expressions.update import Action

    from anydynamo.models.codec import Codec
    from anydynamo.repositories.placeholders import Expressions
    from anydynamo.repositories.rules.rule import Rule

    Writer = Callable[[Expressions], str]
    Refusal = tuple[type[ConditionFailed], str]
    Explanation = Callable[[Mapping[str, Any] | None], Refusal | None]

__all__ = ["Expectation", "Kind", "Verb"]

M = TypeVar("M", bound=Model)

Verb = Literal["create", "put", "update", "delete", "restore", "purge", "check"]
Kind = Literal["Put", "Update", "Delete", "ConditionCheck"]


class Expectation(Generic[M]):
    """A write from when it is made until its answer is there.

    Rules see it before it is sent: they change the item that it stores, add actions to an update,
    require conditions, and say what they mean when they are false.

    Attributes:
        verb: What the user called.
        kind: What it is for DynamoDB; a rule may make an update of a delete.
        key: The item's key, in DynamoDB's JSON.
        instance: The instance that was given; None where only a key was.
        absent: Whether there must be no item.
        present: Whether there must be one.
        upsert: Whether an update makes the item if there is none.
        conditional: Whether the user gave a condition of their own.
        at: When it was made, in seconds since 1970.
        hash_key: The name in DynamoDB of the attribute that every item has.
        item: What a put stores, in DynamoDB's JSON; a rule may change it.
        actions: What an update does besides the user's own actions.
        gone: Writes the condition that the item which is there counts as absent.
        actor: Who makes it, where a view says so.
        refused: Whether it was refused when it was last sent.
    """

    __slots__ = (
        "_codec",
        "_given",
        "_gone",
        "_met",
        "_required",
        "_rules",
        "_said",
        "_within",
        "absent",
        "actions",
        "actor",
        "at",
        "conditional",
        "instance",
        "item",
        "key",
        "kind",
        "present",
        "refused",
        "upsert",
        "verb",
    )

    def __init__(
        self,
        codec: Codec[M],
        rules: tuple[Rule, ...],
        verb: Verb,
        kind: Kind,
        key: Mapping[str, Any],
        said: Callable[[Mapping[str, Any]], str],
        at: float,
        instance: M | None = None,
        *,
        item: dict[str, Any] | None = None,
        upsert: bool = False,
        conditional: bool = False,
    ) -> None:
        """Prepare a write.

        Args:
            codec: The model's codec.
            rules: What prepares the write, in order.
            verb: What the user called.
            kind: What it is for DynamoDB.
            key: The item's key, in DynamoDB's JSON.
            said: Says a key in words, which only messages need: `'a' in users`.
            at: The time.
            instance: The instance that was given.
            item: What a put stores.
            upsert: Whether an update makes the item if there is none.
            conditional: Whether the user gave a condition of their own.

        Raises:
            InvalidRequest: A rule refuses it.
        """
        self._codec = codec
        self._rules = rules
        self._said = said
        self._required: list[tuple[Writer, Explanation | None]] = []
        self._given: dict[str, Any] = {}
        self.verb: Verb = verb
        self.kind: Kind = kind
        self.key = key
        self.instance = instance
        self.absent = verb == "create"
        self.present = verb == "restore" or (verb == "update" and not upsert)
        self.upsert = upsert
        self.conditional = conditional
        self.at = at
        self.item = {} if item is None else item
        self.actions: list[Action] = []
        self._gone: Writer | None = None
        self._within: list[Writer] = []
        self.actor: str | None = None
        self.refused = False
        self._met: Mapping[str, Any] | None = None
        for rule in rules:
            rule.prepare(self)

    @property
    def hash_key(self) -> str:
        """The name in DynamoDB of the attribute that every item has."""
        return self._codec.schema.hash_key.wire

    @property
    def what(self) -> str:
        """The write and its key in words: `create 'a' in users`."""
        return f"{self.verb} {self._said(self.key)}"

    # For rules

    def require(self, condition: Writer, explain: Explanation | None = None) -> None:
        """Make the write depend on a condition.

        Args:
            condition: Writes it.
            explain: Given the item that stood in the way, or None, returns the error that the false
                condition means and its words; None if it was true. Without it, the write's own
                error is told.
        """
        self._required.append((condition, explain))

    def absent_if(self, condition: Writer) -> None:
        """Let an item of which a condition is true count as absent.

        Args:
            condition: Writes it.
        """
        self._gone = condition

    def absent_within(self, condition: Writer) -> None:
        """Let no item count as absent of which a condition is false, whatever `absent_if` says.

        Args:
            condition: Writes it.
        """
        self._within.append(condition)

    def give(self, name: str, value: object) -> None:
        """Give the instance a value once the write has succeeded."""
        self._given[name] = value

    # For what sends it

    @property
    def gone(self) -> Writer | None:
        """Writes of which items it is true that they count as absent; None if of none."""
        if self._gone is None or not self._within:
            return self._gone
        writers = (*self._within, self._gone)
        return lambda expressions: " AND ".join(write(expressions) for write in writers)

    @property
    def unconditional(self) -> bool:
        """Whether anything may be there."""
        return not (self.absent or self.present or self._required)

    def conditions(self, expressions: Expressions) -> list[str]:
        """Write what must hold besides the user's own condition."""
        parts: list[str] = []
        if self.absent:
            parts.append(f"attribute_not_exists({expressions.name(self.hash_key)})")
        if self.present:
            parts.append(f"attribute_exists({expressions.name(self.hash_key)})")
        parts += [condition(expressions) for condition, _ in self._required]
        return parts

    def written(self) -> None:
        """Give the instance what is now stored."""
        for name, value in self._given.items():
            setattr(self.instance, name, value)

    # What stood in the way

    @property
    def idle(self) -> bool:
        """Whether it was refused because there was nothing to do.

        Deleting what is absent is no error, and neither is restoring what is not deleted; where a
        rule made a condition of it, this tells it from a refusal.
        """
        hider = self._hider(self._met)
        if self.conditional or self._refusal(self._met, hider) is not None:
            return False
        shown = self._met if hider is None else None
        if self.verb in ("delete", "purge"):
            return not shown
        return self.verb == "restore" and bool(shown)

    @property
    def met(self) -> Mapping[str, Any] | None:
        """The item that stood in the way when it was refused last."""
        return self._met

    @property
    def anew(self) -> bool:
        """Whether an upsert was refused because what is there counts as absent."""
        hider = self._hider(self._met)
        return self.upsert and hider is not None and hider.absent

    @property
    def concealed(self) -> bool:
        """Whether the item that stood in the way is hidden."""
        return self._hider(self._met) is not None

    @property
    def private(self) -> bool:
        """Whether nothing at all is to be seen of what is hidden."""
        return any(rule.private for rule in self._rules)

    def explain(self, error: ConditionFailed) -> AnyDynamoError:
        """Return the error that says which expectation was disappointed.

        Args:
            error: The adapter's error, with the stored item where there is one. A hidden item is
                taken out of it.
        """
        self.refused, self._met = True, error.item
        hider = self._hider(error.item)
        aside = "" if hider is None or not hider.hidden else f": {hider.hidden}"
        shown = error.item if hider is None else None
        taken = self.absent and (error.item or not self.conditional)
        error.item = shown
        if hider is not None or self.private:
            # What it came from has the item, too. Whether it has must not be seen by its absence.
            error.__cause__ = error.__context__ = None
        # Not every server says what it found; without a condition of the user's it is clear anyway.
        if taken:
            why = "there is an item under this key already"
            return self._error(AlreadyExists, why + aside, error)
        refusal = self._refusal(self._met, hider)
        if refusal is not None:
            cls, why = refusal
            return self._error(cls, why + aside, error)
        if not shown and (self.present or (aside and self.verb in ("update", "check"))):
            return NotFound(
                f"Cannot {self.what}: there is no such item{aside}",
                code=error.code,
                operation=error.operation,
                table=error.table,
            )
        return self._error(ConditionFailed, f"the condition is false{aside}", error)

    def _hider(self, found: Mapping[str, Any] | None) -> Rule | None:
        if not found:
            return None
        return next((rule for rule in self._rules if rule.hides(found, self.at)), None)

    def _refusal(self, found: Mapping[str, Any] | None, hider: Rule | None) -> Refusal | None:
        # What is said to be there may be compared; anything else that is hidden is as good as gone.
        known = found if hider is None or hider.hidden else None
        for _, explain in self._required:
            refusal = None if explain is None else explain(known)
            if refusal is not None:
                return refusal
        return None

    def _error(
        self, cls: type[ConditionFailed], why: str, error: ConditionFailed
    ) -> ConditionFailed:
        return cls(
            f"Cannot {self.what}: {why}",
            item=error.item,
            current=self._decoded(error.item),
            code=error.code,
            operation=error.operation,
            table=error.table,
        )

    def _decoded(self, item: Mapping[str, Any] | None) -> M | None:
        if not item:
            return None
        try:
            return self._codec.decode(item)
        except InvalidItem:
            # The conflict is what the caller must hear of; the raw item is there as well.
            return None
