"""Records inside tables: models, dataclasses and TypedDicts, checked, reached into and stored."""

from __future__ import annotations

import sys
import typing
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Annotated, Any, Required

import pydantic
import pytest
from pydantic import BaseModel, Field, SecretStr
from typing_extensions import TypedDict

from anydynamo import Attr, InvalidItem, Json, Table, attribute
from anydynamo.models.codec import codec_of


class Login(BaseModel):
    name: str
    password: SecretStr
    address: IPv4Address | None = None


@dataclass
class Point:
    x: int
    label: Annotated[str, Field(max_length=3)] = ""


class Options(TypedDict, total=False):
    theme: Required[str]
    size: int


class Callback(BaseModel):
    model_config = {"arbitrary_types_allowed": True}
    function: Any = None


class Holder(Table, name="holders"):
    key: Attr[str] = attribute(hash_key=True)
    login: Attr[Login] = attribute()
    point: Attr[Point] = attribute(default_factory=lambda: Point(0))
    options: Attr[Options] = attribute(default_factory=lambda: Options(theme="dark"))
    callback: Attr[Callback | None] = attribute(default=None)
    words: Attr[Json[Annotated[list[str], Field(max_length=2)]] | None] = attribute(default=None)
    theirs: Attr[pydantic.Json[Any]] = attribute(default=None)


def holder(**changes: Any) -> Holder:
    login = Login(name="a", password=SecretStr("pw"), address=IPv4Address("10.0.0.1"))
    return Holder(**{"key": "k", "login": login, **changes})


def written(expression: Any) -> tuple[list[str], list[Any]]:
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    expression.serialize(names, values)
    return list(names), list(values.values())


def test_records_are_stored_with_their_secrets_and_come_back() -> None:
    codec = codec_of(Holder)
    one = holder(words=["x"], theirs={"a": 1})
    item = codec.encode(one)
    assert item["login"] == {
        "M": {"name": {"S": "a"}, "password": {"S": "pw"}, "address": {"S": "10.0.0.1"}}
    }
    assert item["options"] == {"M": {"theme": {"S": "dark"}}}
    assert (item["words"], item["theirs"]) == ({"S": '["x"]'}, {"S": '{"a": 1}'})
    assert codec.decode(item) == one == Holder.from_raw_data(item)


def test_records_are_checked_on_assignment_and_on_reads() -> None:
    one = holder()
    one.point = Point(3)
    one.login = {"name": "b", "password": "x"}  # type: ignore[assignment]
    assert one.login.name == "b"
    with pytest.raises(InvalidItem, match=r"'point\.x'"):
        one.point = {"x": "y"}  # type: ignore[assignment]
    with pytest.raises(InvalidItem, match=r"'options\.theme': Field required"):
        one.options = {"size": 3}  # type: ignore[typeddict-item]
    with pytest.raises(InvalidItem, match="'words'"):
        one.words = ["a", "b", "c"]
    item = codec_of(Holder).encode(one)
    with pytest.raises(InvalidItem, match="'point'"):
        codec_of(Holder).decode(item | {"point": {"M": {"x": {"N": "1"}, "label": {"S": "long"}}}})
    with pytest.raises(InvalidItem, match="'login'"):
        codec_of(Holder).decode(item | {"login": {"S": "x"}})


def test_paths_lead_into_dataclasses_and_typed_dicts() -> None:
    assert written(Holder.point["x"] == 3) == (["point", "x"], [{"N": "3"}])
    assert written(Holder.options["theme"] == "d") == (["options", "theme"], [{"S": "d"}])
    assert written(Holder.options["size"].set(3)) == (["options", "size"], [{"N": "3"}])
    assert written(Holder.login["address"] == IPv4Address("10.0.0.1"))[1] == [{"S": "10.0.0.1"}]


def test_a_nested_value_without_counterpart_is_refused() -> None:
    function: object = test_a_nested_value_without_counterpart_is_refused
    with pytest.raises(InvalidItem, match=r"'callback' of Holder.*function has no counterpart"):
        codec_of(Holder).encode(holder(callback=Callback(function=function)))


def test_a_record_that_was_changed_in_place_is_checked_when_it_is_written() -> None:
    one = holder()
    one.point.x = "hunter2"  # type: ignore[assignment]
    with pytest.raises(InvalidItem, match="'point' of Holder") as caught:
        codec_of(Holder).encode(one)
    assert "hunter2" not in str(caught.value)


def test_endless_json_is_an_error_and_no_crash() -> None:
    endless: list[Any] = []
    endless.append(endless)
    one = holder()
    one.attribute_values["theirs"] = endless
    with pytest.raises(InvalidItem, match="'theirs' of Holder"):
        codec_of(Holder).encode(one)


class Area(BaseModel):
    model_config = {"extra": "forbid"}
    side: int

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def size(self) -> int:
        return self.side**2


def test_what_a_record_computes_is_not_kept_so_that_it_can_be_read_again() -> None:
    class Map(Table, name="maps"):
        key: Attr[str] = attribute(hash_key=True)
        area: Attr[Area] = attribute()
        areas: Attr[Json[list[Area]]] = attribute(default_factory=list)

    one = Map(key="a", area=Area(side=3), areas=[Area(side=4)])
    item = codec_of(Map).encode(one)
    assert item["area"] == {"M": {"side": {"N": "3"}}}
    assert item["areas"] == {"S": '[{"side": 4}]'}
    assert codec_of(Map).decode(item) == one


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 tells enough about them")
def test_a_typed_dict_that_pydantic_cannot_read_is_refused_with_what_to_do() -> None:
    class Old(typing.TypedDict):
        theme: str

    with pytest.raises(TypeError, match=r"Lost\.old: .*typing_extensions\.TypedDict"):

        class Lost(Table, name="lost"):
            key: Attr[str] = attribute(hash_key=True)
            old: Attr[Old] = attribute()
