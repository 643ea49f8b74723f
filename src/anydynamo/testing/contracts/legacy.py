"""The legacy parameters, the ones from before expressions: what their contracts have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.testing.contracts.client import BS, NS, NULL, SS, B, Item, L, M, N, S

if TYPE_CHECKING:
    from anydynamo.testing.contracts.client import Client

__all__ = ["COUNT", "ITEM", "KEY", "compare", "legacy_table"]

COUNT = "Invalid number of argument(s) for the "

KEY: Item = {"pk": S("p"), "sk": S("b")}
ITEM: Item = {
    **KEY,
    "s": S("hello"),
    "n": N(10),
    "b": B(b"\x01\x80\xff"),
    "yes": {"BOOL": True},
    "nul": NULL,
    "l": L(S("a"), N(1), {"BOOL": True}),
    "m": M(k=S("v")),
    "ss": SS("a", "b"),
    "ns": NS(1, 2),
    "bs": BS(b"a", b"b"),
}


def compare(operator: str, *values: Item) -> dict[str, Any]:
    """Write a condition."""
    condition: dict[str, Any] = {"ComparisonOperator": operator}
    if values:
        condition["AttributeValueList"] = list(values)
    return condition


async def legacy_table(db: Client) -> str:
    """Create a table that holds ITEM between two others of its partition."""
    table = await db.create("legacy", "pk:S", "sk:S")
    for sk in ("a", "c"):
        await db.put(table, {"pk": S("p"), "sk": S(sk), "n": N(1)})
    await db.put(table, ITEM)
    return table
