from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.expressing import holds, refusal, request

from anydynamo.engine.errors import EngineError
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.expressions.ast import (
    And,
    Arithmetic,
    Between,
    Comparison,
    Function,
    In,
    Not,
    Or,
    Path,
    Remove,
    Set,
    Value,
)
from anydynamo.engine.expressions.lexer import tokenize
from anydynamo.engine.expressions.parser import parse_condition, parse_projection, parse_update
from anydynamo.engine.expressions.reserved import RESERVED_WORDS, is_reserved

A, B, C = Path(("a",)), Path(("b",)), Path(("c",))
IS_A, IS_B, IS_C = (Comparison("=", path, Value(":v")) for path in (A, B, C))


def test_tokens_know_where_they_stand() -> None:
    assert tokenize("a.#b[0] <= :c And") == [
        ("word", "a", 0, 1),
        (".", ".", 1, 2),
        ("name", "#b", 2, 4),
        ("[", "[", 4, 5),
        ("index", "0", 5, 6),
        ("]", "]", 6, 7),
        ("<=", "<=", 8, 10),
        ("value", ":c", 11, 13),
        ("AND", "And", 14, 17),
        ("<EOF>", "<EOF>", 17, 17),
    ]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = :v", IS_A),
        ("(a = :v)", IS_A),
        ("(a) = (:v)", IS_A),
        ("((a) = :v)", IS_A),
        ("a = :v AND b = :v OR c = :v", Or((And((IS_A, IS_B)), IS_C))),
        ("a = :v OR b = :v and c = :v", Or((IS_A, And((IS_B, IS_C))))),
        ("(a = :v OR b = :v) AND c = :v", And((Or((IS_A, IS_B)), IS_C))),
        ("NOT a = :v AND b = :v", And((Not(IS_A), IS_B))),
        ("NOT (a = :v AND b = :v)", Not(And((IS_A, IS_B)))),
        ("not not a = :v", Not(Not(IS_A))),
        ("NOT (NOT a = :v)", Not(Not(IS_A))),
        ("a = :v AND (b = :v AND c = :v)", And((IS_A, And((IS_B, IS_C))))),
        ("a BETWEEN b AND :v AND c = :v", And((Between(A, B, Value(":v")), IS_C))),
        ("a in (b, :v)", In(A, (B, Value(":v")))),
        ("(size(a)) > :v", Comparison(">", Function("size", (A,)), Value(":v"))),
        ("(attribute_exists(a))", Function("attribute_exists", (A,))),
        ("contains((a), (:v))", Function("contains", (A, Value(":v")))),
        ("m . x [ 0 ] [1].#n <> :v", Comparison("<>", Path(("m", "x", 0, 1, "#n")), Value(":v"))),
    ],
)
def test_a_condition_becomes_its_tree(text: str, tree: object) -> None:
    assert parse_condition(text).tree == tree


def test_a_parsed_expression_lists_its_placeholders_in_their_order() -> None:
    parsed = parse_condition("#b = :y AND #a.#b[1] IN (:x, :y) AND contains(#c, :z)")
    assert parsed.names == ("#b", "#a", "#c")
    assert parsed.values == (":y", ":x", ":z")


def test_an_update_becomes_its_actions_in_the_order_of_the_text() -> None:
    parsed = parse_update("remove b SET a = ((a) + :v), c = if_not_exists(c, :v)")
    assert parsed.tree == (
        Remove(B),
        Set(A, Arithmetic("+", A, Value(":v"))),
        Set(C, Function("if_not_exists", (C, Value(":v")))),
    )


def test_a_projection_becomes_its_paths() -> None:
    assert parse_projection("a, b[2].c").tree == (A, Path(("b", 2, "c")))


@pytest.mark.parametrize(
    ("text", "token", "near"),
    [
        ("a x b", "x", "a x b"),
        ("a-b", "-", "a-b"),
        ("a == :v", "=", "== :v"),
        ("= :v", "=", "= :v"),
        ("a = ", "<EOF>", "= "),
        ("   ", "<EOF>", ""),
        ("a", "<EOF>", "a"),
        ("(a = :v", "<EOF>", ":v"),
        ("a = :v)", ")", ":v)"),
        ("a = :v b", "b", ":v b"),
        ("a = :v AND", "<EOF>", "AND"),
        ("a = :v AND AND b = :v", "AND", "AND AND b"),
        ("a IN ()", ")", "()"),
        ("a IN :v", ":v", "IN :v"),
        ("a IN (:v", "<EOF>", ":v"),
        ("a BETWEEN :v", "<EOF>", ":v"),
        ("a BETWEEN :v OR :v", "OR", ":v OR :v"),
        ("attribute_exists()", ")", "()"),
        ("attribute_exists", "<EOF>", "attribute_exists"),
        ("a.1 = :v", "1", ".1 ="),
        ("a[b] = :v", "b", "[b]"),
        ("a[-1] = :v", "-", "[-1"),
        ("a..b = :v", ".", "..b"),
        ("1a = :v", "1", "1a"),
        ("a = 5", "5", "= 5"),
        ('a = "x"', '"', '= "x'),
        ("a # b", "#", "a # b"),
        ("a = : v", ":", "= : v"),
        ("é = :v", "é", "é ="),
        ("add = :v", "add", "add ="),
        ("a + :v = :v", "+", "a + :v"),
        ("a != :v", "!", "a !="),
        ("(a, b) = :v", ",", "a, b"),
        ("a = :v, b = :v", ",", ":v, b"),
    ],
)
def test_a_syntax_error_names_the_token_and_quotes_its_neighbours(
    text: str, token: str, near: str
) -> None:
    assert refusal("ConditionExpression", text, v={"N": "1"}) == (
        f'Syntax error; token: "{token}", near: "{near}"'
    )


@pytest.mark.parametrize(
    ("text", "token", "near"),
    [
        ("SET", "<EOF>", "SET"),
        ("SET a", "<EOF>", "a"),
        ("SET a = :v,", "<EOF>", ","),
        ("SET a = :v b = :v", "b", ":v b ="),
        ("SET a = a + :v + :v", "+", ":v + :v"),
        ("SET a = (a + :v", "<EOF>", ":v"),
        ("SET a = (a", "<EOF>", "a"),
        ("SET a = if_not_exists(a, b + :v)", "+", "b + :v"),
        ("SET a = - :v", "-", "= - :v"),
        ("SET :v = a", ":v", "SET :v ="),
        ("SET a = b AND c", "AND", "b AND c"),
        ("ADD a b", "b", "a b"),
        ("ADD hits : incr", ":", "hits : incr"),
        ("DELETE a", "<EOF>", "a"),
        ("REMOVE", "<EOF>", "REMOVE"),
        ("INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"),
        ("a = :v", "a", "a ="),
    ],
)
def test_a_syntax_error_in_an_update_is_told_in_the_same_way(
    text: str, token: str, near: str
) -> None:
    assert refusal("UpdateExpression", text, v={"N": "1"}) == (
        f'Syntax error; token: "{token}", near: "{near}"'
    )


@pytest.mark.parametrize(
    ("text", "token", "near"),
    [("a,", "<EOF>", ","), ("a b", "b", "a b"), (":v", ":v", ":v"), ("size(a)", "(", "size(a")],
)
def test_a_syntax_error_in_a_projection_is_told_in_the_same_way(
    text: str, token: str, near: str
) -> None:
    assert refusal("ProjectionExpression", text) == (
        f'Syntax error; token: "{token}", near: "{near}"'
    )


@pytest.mark.parametrize(
    "text",
    [
        "((a = :v))",
        "(((a = :v)) AND b = :v)",
        "NOT ((a = :v))",
        "((a)) = :v",
        "a = ((:v))",
        "((attribute_exists(a)))",
        "contains(((a)), :v)",
        "((a = :v AND b = :v))",
        "b = :v OR ((a = :v))",
    ],
)
def test_redundant_parentheses_are_refused(text: str) -> None:
    assert refusal("ConditionExpression", text, v={"N": "1"}) == (
        "The expression has redundant parentheses;"
    )


@pytest.mark.parametrize(
    "text", ["SET a = ((a))", "SET a = ((a + :v))", "SET a = ((a)) + :v", "SET a = :v - ((b))"]
)
def test_redundant_parentheses_are_refused_in_updates_too(text: str) -> None:
    assert refusal("UpdateExpression", text, v={"N": "1"}) == (
        "The expression has redundant parentheses;"
    )


@pytest.mark.parametrize(
    "text",
    [
        "((a = :v) AND (a = :v))",
        "(NOT (a <> :v))",
        "((a) = :v)",
        "(a) = (:v) AND (b) <> (:v)",
        "((a = :v) OR b = :v) AND (NOT (b = :v))",
        "(attribute_exists(a)) AND (size(a) < :v OR a = :v)",
    ],
)
def test_needful_parentheses_are_taken(text: str) -> None:
    assert holds(text, {"a": {"N": "1"}}, v={"N": "1"})


@pytest.mark.parametrize("word", ["status", "Name", "SIZE", "zone", "ttl"])
def test_a_reserved_word_is_refused_as_a_name_in_any_case(word: str) -> None:
    message = f"Attribute name is a reserved keyword; reserved keyword: {word}"
    assert refusal("ConditionExpression", f"a.{word} = :v", v={"N": "1"}) == message
    assert refusal("UpdateExpression", f"REMOVE {word}") == message
    assert refusal("ProjectionExpression", f"a, {word}[0]") == message
    assert refusal("KeyConditionExpression", f"{word} = :v", v={"N": "1"}) == message


def test_an_alias_may_be_a_reserved_word_and_stand_for_one() -> None:
    assert holds("#status = :v", {"name": {"N": "1"}}, names={"#status": "name"}, v={"N": "1"})


def test_all_of_aws_s_reserved_words_are_known() -> None:
    assert len(RESERVED_WORDS) == 573
    assert is_reserved("abort")
    assert is_reserved("Zone")
    assert not is_reserved("remove")
    assert not is_reserved("userId")


@pytest.mark.parametrize(
    ("parameter", "text", "message"),
    [
        ("ConditionExpression", "foo(a)", "Invalid function name; function: foo"),
        ("ConditionExpression", "Size(a) > :v", "Invalid function name; function: Size"),
        (
            "ConditionExpression",
            "if_not_exists(a, :v) = :v",
            "The function is not allowed in a condition expression; function: if_not_exists",
        ),
        ("UpdateExpression", "SET a = foo(a)", "Invalid function name; function: foo"),
        (
            "UpdateExpression",
            "SET a = List_append(a, :v)",
            "Invalid function name; function: List_append",
        ),
        (
            "UpdateExpression",
            "SET a = size(a)",
            "The function is not allowed in an update expression; function: size",
        ),
    ],
)
def test_functions_are_known_by_their_exact_names(parameter: str, text: str, message: str) -> None:
    assert refusal(parameter, text, v={"N": "1"}) == message


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("size(a)", "size"),
        ("(size(a))", "size"),
        ("attribute_exists(a) = :v", "attribute_exists"),
        (":v = contains(a, b)", "contains"),
        ("a BETWEEN :v AND begins_with(a, b)", "begins_with"),
        ("a IN (:v, attribute_exists(a))", "attribute_exists"),
        ("size(contains(a, b)) = :v", "contains"),
        ("contains(attribute_exists(a), :v)", "attribute_exists"),
    ],
)
def test_a_function_in_the_wrong_place_is_refused(text: str, function: str) -> None:
    assert refusal("ConditionExpression", text, v={"N": "1"}) == (
        "The function is not allowed to be used this way in an expression; function: " + function
    )


def test_list_append_within_list_append_is_refused() -> None:
    text = "SET a = list_append(list_append(a, :v), :v)"
    assert refusal("UpdateExpression", text, v={"L": []}) == (
        "The function is not allowed to be used this way in an expression; function: list_append"
    )


def test_of_several_faults_the_syntax_comes_first_then_parentheses_functions_and_names() -> None:
    message = refusal("ConditionExpression", "((foo(status))) AND #n = :v AND", v={"N": "1"})
    assert message.startswith("Syntax error")
    message = refusal("ConditionExpression", "((foo(status))) AND #n = :w", v={"N": "1"})
    assert message == "The expression has redundant parentheses;"
    message = refusal("ConditionExpression", "foo(status) AND #n = :w", v={"N": "1"})
    assert message == "Invalid function name; function: foo"
    message = refusal("ConditionExpression", "status = :w AND #n = :w", v={"N": "1"})
    assert message == "Attribute name is a reserved keyword; reserved keyword: status"
    message = refusal("ConditionExpression", "size(a, b) < :w AND #n = :w", v={"N": "1"})
    assert message == (
        "An expression attribute name used in the document path is not defined; attribute name: #n"
    )


def test_an_expression_has_at_most_300_operators() -> None:
    item = {"a": {"N": "1"}}
    assert holds(" OR ".join(["a=:v"] * 150), item, v={"N": "1"})
    assert refusal("ConditionExpression", " OR ".join(["a=:v"] * 151), v={"N": "1"}) == (
        "The expression contains too many operators; operator count: 301"
    )


def test_functions_and_negations_count_as_operators() -> None:
    assert holds("NOT " * 299 + "a = :v", {}, v={"N": "1"})
    message = refusal("ConditionExpression", "NOT " * 300 + "a = :v", v={"N": "1"})
    assert message.endswith("operator count: 301")
    sums = ",".join(f"a{n}=b-:v" for n in range(301))
    message = refusal("UpdateExpression", f"SET {sums}", v={"N": "1"})
    assert message.endswith("operator count: 301")


def test_in_takes_a_hundred_values() -> None:
    item = {"a": {"N": "1"}}
    assert holds(f"a IN ({', '.join([':v'] * 100)})", item, v={"N": "1"})
    assert refusal("ConditionExpression", f"a IN ({','.join([':v'] * 101)})", v={"N": "1"}) == (
        "The IN operator is provided with too many operands; number of operands: 101"
    )


def test_a_path_has_at_most_32_elements_and_an_index_has_a_limit() -> None:
    assert not holds("a" + ".a" * 31 + " = :v", {}, v={"N": "1"})
    message = refusal("ConditionExpression", "a" + ".a" * 32 + " = :v", v={"N": "1"})
    assert message == "The document path has too many nesting levels; nesting levels: 33"
    message = refusal("ProjectionExpression", "a[2147483648]")
    assert message == "List index is not within the allowable range; index: [2147483648]"
    assert refusal("ProjectionExpression", f"a[{'9' * 4000}]").startswith("List index is not")


DEEP = [
    "(" * 4000,
    "(" * 2000 + "a" + ")" * 2000,
    "(" * 1200 + "a = :v" + ")" * 1200,
    "NOT " * 1000 + "a = :v",
    "NOT(" * 800 + "a = :v" + ")" * 800,
    "size(" * 600 + "a" + ")" * 600 + " = :v",
    "size(" * 800,
    "a.b" + "[0]" * 1000 + " = :v",
    "a" + ".b" * 2000,
    "a = :v AND (" * 300 + "a = :v" + ")" * 300,
    "SET a = " + "(" * 2000 + "a" + ")" * 2000,
    "SET a = " + "if_not_exists(a," * 200 + ":v" + ")" * 200,
    "SET a = " + "list_append(a," * 200 + ":v" + ")" * 200,
    "REMOVE " + ",".join(["a"] * 2000),
    "REMOVE " + ",".join(f"a.b{n}" for n in range(500)),
    "[" * 4096,
    "." * 4096,
    "#" * 4096,
]


@pytest.mark.parametrize("text", DEEP)
@pytest.mark.parametrize(
    "parameter",
    [
        "ConditionExpression",
        "UpdateExpression",
        "ProjectionExpression",
        "KeyConditionExpression",
    ],
)
def test_no_depth_of_nesting_exhausts_the_stack(parameter: str, text: str) -> None:
    assert evaluated(parameter, text) is not None


def test_the_deepest_condition_that_is_allowed_is_evaluated() -> None:
    nested = "a = :v AND (NOT (" * 99 + "a = :v" + "))" * 99
    assert isinstance(evaluated("ConditionExpression", nested), bool)
    alternating = "a <> :v OR (a = :v AND (" * 74 + "a = :v" + "))" * 74
    assert evaluated("ConditionExpression", alternating) is True


def evaluated(parameter: str, text: str) -> Any:
    """Evaluate anything on a stack that is no deeper than a small program's."""
    made = request(parameter, text, {"v": {"N": "1"}}, None)
    if parameter == "ProjectionExpression":
        del made["ExpressionAttributeValues"]
    item = {"a": {"N": "1"}}
    limit = sys.getrecursionlimit()
    frame: Any = sys._getframe()
    depth = 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(depth + 700)
    try:
        bound = Expressions(made)
        if parameter == "ConditionExpression":
            condition = bound.condition(parameter)
            return condition is not None and condition.evaluate(item)
        if parameter == "UpdateExpression":
            update = bound.update()
            return update is not None and update.apply(item)
        if parameter == "ProjectionExpression":
            projection = bound.projection()
            return projection is not None and projection.apply(item)
        return bound.key_condition()
    except EngineError as error:
        return error
    finally:
        sys.setrecursionlimit(limit)


PIECES = (
    *(
        "a",
        "b",
        "#n",
        ":v",
        "(",
        ")",
        ",",
        ".",
        "[",
        "]",
        "[0]",
        "=",
        "<>",
        "<",
        ">",
        "<=",
        "+",
        "-",
    ),
    *("AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE", "size(", "contains("),
    *("attribute_exists(", "begins_with(", "attribute_type(", "if_not_exists(", "list_append("),
    *("status", "#", ":", "1", "é", "\x00", "\U0001f600"),
)
pieces = st.sampled_from(PIECES)


@given(
    st.sampled_from(
        [
            "ConditionExpression",
            "UpdateExpression",
            "ProjectionExpression",
            "KeyConditionExpression",
        ]
    ),
    st.one_of(st.lists(pieces, max_size=12).map(" ".join), st.text(max_size=20)),
)
def test_any_text_is_either_an_expression_or_a_validation_error(parameter: str, text: str) -> None:
    outcome = evaluated(parameter, text)
    if isinstance(outcome, EngineError):
        assert outcome.code == "ValidationException"
