"""Imports: the tables that they make, what they count, and what they leave when they fail."""

from __future__ import annotations

import gzip
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.calling import B, Engine, N, S, finished, index, schema
from tests.engine.strategies import values
from tests.engine.transferring import BUCKET, Transfers

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.adapters.transfers import importing, sources
from anydynamo.engine.behaviour import Behaviour
from anydynamo.engine.readings import Readings
from anydynamo.engine.transfers.imports import store_portion
from anydynamo.errors import StoreFull
from anydynamo.stores.jsonfile import JSONFileStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "NONE": bytes,
    "GZIP": gzip.compress,
    "ZSTD": zstandard.compress,
}
ABSENT = "arn:aws:dynamodb:us-east-1:000000000000:table/users/import/01489602797149-73d8d5bc"


@pytest.fixture
def db(tmp_path: Path) -> Transfers:
    return Transfers(tmp_path)


def lines(*items: Any) -> str:
    return "".join(json.dumps({"Item": item}) + "\n" for item in items)


def spaces(db: Engine) -> set[str]:
    return {name for name in db.store._spaces if name.startswith(("items/", "index/"))}


def counts(description: dict[str, Any]) -> tuple[int, ...]:
    """Return what was processed, what was imported, and the errors."""
    names = ("ProcessedItemCount", "ImportedItemCount", "ErrorCount")
    return tuple(description[name] for name in names)


def test_the_answer_is_that_an_import_has_begun(db: Transfers) -> None:
    db.write("a.json", lines({"pk": S("1")}))
    request = db.importing(ClientToken="t")
    answer = db("ImportTable", request)["ImportTableDescription"]
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/imported"
    assert answer.pop("ImportArn").startswith(f"{arn}/import/01700000000000-")
    assert answer.pop("StartTime").timestamp() == db.now
    assert answer.pop("TableId") == db("DescribeTable", TableName="imported")["Table"]["TableId"]
    assert answer == {
        **request,
        "ImportStatus": "IN_PROGRESS",
        "TableArn": arn,
        "InputCompressionType": "NONE",
        "ProcessedSizeBytes": 0,
        "ProcessedItemCount": 0,
        "ImportedItemCount": 0,
        "ErrorCount": 0,
    }


def test_dynamodb_json_has_every_type(db: Transfers) -> None:
    item = {"pk": S("a"), "b": {"B": "AAE="}, "bs": {"BS": ["AA=="]}, "m": {"M": {"n": N("1.50")}}}
    text = lines(item)
    db.write("one.json", text)
    done = db.take()
    assert done["ImportStatus"] == "COMPLETED"
    assert counts(done) == (1, 1, 0)
    assert done["ProcessedSizeBytes"] == len(text)
    assert done["EndTime"].timestamp() == db.now
    assert "FailureCode" not in done
    assert db.all("imported") == [
        {"pk": S("a"), "b": B(b"\0\1"), "bs": {"BS": [b"\0"]}, "m": {"M": {"n": N("1.5")}}}
    ]


def test_the_table_has_its_indexes_billing_and_encryption(db: Transfers) -> None:
    db.write("one.json", lines({"pk": S("a"), "n": N(1)}, {"pk": S("b")}))
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2}
    db.take(
        creation={
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "n", "AttributeType": "N"},
            ],
            "GlobalSecondaryIndexes": [
                {**index("by_n", "n"), "ProvisionedThroughput": units},
            ],
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": units,
            "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
        }
    )
    table = db("DescribeTable", TableName="imported")["Table"]
    assert (table["TableStatus"], table["ItemCount"], table["TableSizeBytes"]) == ("ACTIVE", 2, 9)
    assert table["CreationDateTime"].timestamp() == db.now
    (by_n,) = table["GlobalSecondaryIndexes"]
    assert (by_n["ItemCount"], by_n["ProvisionedThroughput"]["ReadCapacityUnits"]) == (1, 3)
    assert table["SSEDescription"]["SSEType"] == "KMS"
    found = db(
        "Query",
        TableName="imported",
        IndexName="by_n",
        KeyConditionExpression="n = :n",
        ExpressionAttributeValues={":n": N(1)},
    )
    assert found["Items"] == [{"pk": S("a"), "n": N(1)}]
    db.put("imported", pk=S("c"), n=N(1))
    assert db("DescribeTable", TableName="imported")["Table"]["ItemCount"] == 3


@pytest.mark.parametrize("compression", ["NONE", "GZIP", "ZSTD"])
def test_files_are_read_as_they_are_compressed(db: Transfers, compression: str) -> None:
    text = lines({"pk": S("a")}).encode()
    pack = PACKED[compression]
    # Several members, or frames, one after the other are one file.
    more = pack(lines({"pk": S("b")}).encode())
    db.write("one", pack(text) + more)
    done = db.take(InputCompressionType=compression)
    assert counts(done) == (2, 2, 0)
    assert done["ProcessedSizeBytes"] == 2 * len(text)


@pytest.mark.parametrize("compression", ["GZIP", "ZSTD"])
@pytest.mark.parametrize("damage", ["foreign", "cut"])
def test_a_file_that_cannot_be_unpacked_is_one_error(
    db: Transfers, compression: str, damage: str
) -> None:
    pack = PACKED[compression]
    whole = pack(b"".join(lines({"pk": S(f"{n * 7919}")}).encode() for n in range(2000)))
    db.write("bad", b"no archive" if damage == "foreign" else whole[: len(whole) // 2])
    db.write("good", pack(lines({"pk": S("good")}).encode()))
    done = db.take(InputCompressionType=compression)
    processed, imported, errors = counts(done)
    assert (processed, errors) == (imported, 1)
    assert db.get("imported", pk=S("good")) is not None
    assert done["FailureCode"] == "ItemValidationError"


def test_the_files_of_a_prefix_are_imported(db: Transfers) -> None:
    for number, key in enumerate(("a/x.json", "a/y/z.json", "ab.json", "b/x.json", ".a.1.tmp")):
        db.write(key, lines({"pk": S(f"{number}")}))
    assert counts(db.take("first", prefix="a")) == (3, 3, 0)
    assert counts(db.take("second", prefix="a/")) == (2, 2, 0)
    assert counts(db.take("third", prefix="a/y/z")) == (1, 1, 0)
    assert counts(db.take("every")) == (4, 4, 0)


def test_csv_has_a_header_and_strings_but_for_keys(db: Transfers) -> None:
    db.write(
        "a.csv",
        'pk,n,raw,text\r\n1,10,AAE=,"a ""quoted"", text\nin two lines"\r\n\r\n2,1e1,,\n3,x,,\n',
    )
    done = db.take(
        InputFormat="CSV",
        creation={
            "KeySchema": schema("pk"),
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "N"},
                {"AttributeName": "raw", "AttributeType": "B"},
                {"AttributeName": "n", "AttributeType": "N"},
            ],
            "GlobalSecondaryIndexes": [index("by_raw", "raw"), index("by_n", "n")],
        },
    )
    # An index's key may not be empty, as in the second row, nor of another type, as in the third.
    assert counts(done) == (3, 1, 2)
    assert db.all("imported") == [
        {
            "pk": N(1),
            "n": N(10),
            "raw": B(b"\0\1"),
            "text": S('a "quoted", text\nin two lines'),
        }
    ]


def test_a_given_header_makes_the_first_line_an_item(db: Transfers) -> None:
    db.write("a.csv", "a;x\nb;\n")
    done = db.take(
        InputFormat="CSV",
        InputFormatOptions={"Csv": {"Delimiter": ";", "HeaderList": ["pk", "text"]}},
    )
    assert counts(done) == (2, 2, 0)
    assert sorted(db.all("imported"), key=str) == [
        {"pk": S("a"), "text": S("x")},
        {"pk": S("b"), "text": S("")},
    ]


@pytest.mark.parametrize(
    ("text", "counted", "says"),
    [
        ('pk,a\n1,"b"c\n2,d\n', (2, 1, 1), "column 2 has a quote that is not escaped"),
        ("pk,a\n1\n2,d\n", (2, 1, 1), "1 columns where the header has 2"),
        ("pk,pk\n1,2\n", (0, 0, 1), "has a column twice"),
        ('pk"\n1"\n', (0, 0, 1), "the header cannot be read"),
        ('pk,a\n1,"', (1, 0, 1), "a quote that is not escaped"),
        ("pk,a\n\xff,1\n".encode("latin-1"), (1, 0, 1), "can't decode"),
        ("a,b\n1,2\n", (1, 0, 1), "Missing the key pk in the item"),
    ],
)
def test_what_is_no_csv_is_counted_and_logged(
    db: Transfers,
    caplog: pytest.LogCaptureFixture,
    text: str | bytes,
    counted: tuple[int, ...],
    says: str,
) -> None:
    db.write("a.csv", text)
    done = db.take(InputFormat="CSV")
    assert counts(done) == counted
    assert says in caplog.text


def test_ion_is_read_with_every_type(db: Transfers) -> None:
    db.write(
        "a.ion",
        '$ion_1_0 {Item:{pk:"a",d:6d2,i:7,b:{{AAE=}},t:true,n:null,l:[1.5,"x"],m:{a:1.},'
        '\'odd name\':"é",ss:$dynamodb_SS::["y","x"],ns:$dynamodb_NS::[1.,2d1],'
        "bs:$dynamodb_BS::[{{AA==}}]}}\n\n"
        '$ion_1_0\n{Item:{pk:"b"}} {Item:{pk:"c"}}\n',
    )
    done = db.take(InputFormat="ION")
    assert counts(done) == (3, 3, 0)
    assert db.get("imported", pk=S("a")) == {
        "pk": S("a"),
        "d": N(600),
        "i": N(7),
        "b": B(b"\0\1"),
        "t": {"BOOL": True},
        "n": {"NULL": True},
        "l": {"L": [N("1.5"), S("x")]},
        "m": {"M": {"a": N(1)}},
        "odd name": S("é"),
        "ss": {"SS": ["x", "y"]},
        "ns": {"NS": ["1", "20"]},
        "bs": {"BS": [b"\0"]},
    }


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "it is no Ion"),
        ("{Item:" + "[" * 5000, "it is no Ion"),
        ("7", "no struct with an Item"),
        ("{Record:{}}", "no struct with an Item"),
        ("{Item:7}", "no struct with an Item"),
        ('{Item:{pk:"a",n:1e0}}', "Ion's float"),
        ('{Item:{pk:"a",n:2020-01-01T}}', "Ion's timestamp"),
        ('{Item:{pk:"a",pk:"b"}}', "stands there twice"),
        ('{Item:{pk:"a",n:$dynamodb_SS::["x",1.]}}', "has a member of another type"),
        ('{Item:{pk:"a",n:1d999999999999}}', ""),
        ('{Item:{pk:"a",n:12345678901234567890123456789012345678901.}}', "38 significant digits"),
    ],
)
def test_what_is_no_ion_is_counted_and_logged(
    db: Transfers, caplog: pytest.LogCaptureFixture, line: str, says: str
) -> None:
    db.write("a.ion", f'{line}\n$ion_1_0 {{Item:{{pk:"good"}}}}\n')
    assert counts(db.take(InputFormat="ION")) == (2, 1, 1)
    assert says in caplog.text


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("no JSON", "line 1 column 1"),
        ("[" * 5000, "a.json"),
        ("7", "no object with an Item"),
        ('{"item": {}}', "no object with an Item"),
        ('{"Item": 7}', "item 0"),
        ('{"Item": {"pk": "a"}}', "item 0"),
        ('{"Item": {"pk": {"N": "1"}}}', "Type mismatch for key pk expected: S actual: N"),
        ('{"Item": {"pk": {"S": ""}}}', "cannot contain an empty string value"),
        ('{"Item": {"pk": {"S": "a"}, "b": {"B": "?"}}}', "not base64"),
        ('{"Item": {"pk": {"S": "a"}, "big": {"S": "' + "x" * 409_600 + '"}}}', "size"),
        ('{"Item": {"pk": {"S": "a"}, "l": ' + '{"L": [' * 40 + "]}" * 40 + "}}", "Nesting"),
    ],
)
def test_what_is_no_item_is_counted_and_logged(
    db: Transfers, caplog: pytest.LogCaptureFixture, line: str, says: str
) -> None:
    db.write("a.json", f"{line}\n{lines({'pk': S('good')})}")
    done = db.take()
    assert counts(done) == (2, 1, 1)
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert done["FailureMessage"].startswith("Some of the items failed validation checks")
    assert "item 0 of a.json" in caplog.text
    assert says in caplog.text
    assert db.all("imported") == [{"pk": S("good")}]


def test_a_line_without_an_end_is_not_held_in_memory(
    db: Transfers, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LONGEST", 1000)
    db.write("a.json", lines({"pk": S("a")}) + " " * 1001 + lines({"pk": S("b")}))
    assert counts(db.take("first", prefix="a.json")) == (1, 1, 1)
    db.write("a.csv", 'pk\n1\n"' + "\n" * 1001)
    assert counts(db.take("second", prefix="a.csv", InputFormat="CSV")) == (1, 1, 1)
    assert caplog.text.count("a line of more than") == 2


def test_only_so_many_errors_are_logged(db: Transfers, caplog: pytest.LogCaptureFixture) -> None:
    db.write("a.json", "{}\n" * 150)
    with caplog.at_level(logging.WARNING):
        assert counts(db.take()) == (150, 0, 150)
    assert len(caplog.records) == 101
    assert "150 errors in all" in caplog.records[-1].getMessage()


def test_items_of_one_key_overwrite_each_other(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PORTION_ITEMS", 2)
    db.write("a.json", lines(*({"pk": S("a"), "n": N(n)} for n in range(5))))
    assert counts(db.take()) == (5, 5, 0)
    assert db.all("imported") == [{"pk": S("a"), "n": N(4)}]
    assert db("DescribeTable", TableName="imported")["Table"]["ItemCount"] == 1


def test_nobody_meets_a_table_before_all_its_items_are_there(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.write("a.json", lines(*({"pk": S(f"{n}")} for n in range(10))))
    seen: list[tuple[Any, str]] = []
    monkeypatch.setattr(importing, "PORTION_ITEMS", 3)

    def looking(*arguments: Any) -> Any:
        tables = db("ListTables")["TableNames"]
        (record,) = db("ListImports")["ImportSummaryList"]
        seen.append((tables, record["ImportStatus"]))
        return store_portion(*arguments)

    monkeypatch.setattr(importing, "store_portion", looking)
    assert counts(db.take()) == (10, 10, 0)
    assert seen == [([], "IN_PROGRESS")] * 4
    assert len(db.all("imported")) == 10


def test_a_table_that_was_made_meanwhile_stays(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.write("a.json", lines({"pk": S("a")}))

    def racing(*arguments: Any) -> Any:
        db.refused(
            "ResourceInUseException",
            "Table already exists: imported",
            "ImportTable",
            db.importing(),
        )
        db.create("imported", "pk")
        db.put("imported", pk=S("mine"))
        return store_portion(*arguments)

    monkeypatch.setattr(importing, "store_portion", racing)
    done = db.take()
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "ResourceInUseException")
    assert db.all("imported") == [{"pk": S("mine")}]
    assert len(spaces(db)) == 1


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"S3Bucket": "absent"}, "S3NoSuchBucket"),
        ({"S3Bucket": BUCKET, "S3KeyPrefix": "absent"}, "S3NoSuchKey"),
        ({"S3Bucket": BUCKET, "S3KeyPrefix": "absent/absent"}, "S3NoSuchKey"),
    ],
)
def test_without_a_source_no_table_is_made(
    db: Transfers, source: dict[str, str], code: str
) -> None:
    done = db.take(S3BucketSource=source)
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", code)
    assert db("ListTables")["TableNames"] == []
    assert spaces(db) == set()


def test_what_a_process_that_died_has_left_is_cleared_by_the_next_import(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_arguments: Any) -> Any:
        raise Killed

    db.write("a.json", lines(*({"pk": S(f"{n}")} for n in range(10))))
    with monkeypatch.context() as patch:
        patch.setattr(importing, "PORTION_ITEMS", 3)
        calls = iter([store_portion, store_portion, die])
        patch.setattr(importing, "store_portion", lambda *given: next(calls)(*given))
        with pytest.raises(Killed):
            db.take()
    assert db("ListTables")["TableNames"] == []
    (left,) = spaces(db)
    (record,) = db("ListImports")["ImportSummaryList"]
    assert record["ImportStatus"] == "IN_PROGRESS"
    db.now += 15 * 60 + 1
    failed = db("DescribeImport", ImportArn=record["ImportArn"])["ImportTableDescription"]
    assert (failed["ImportStatus"], failed["FailureCode"]) == ("FAILED", "InternalServerError")
    assert counts(db.take()) == (10, 10, 0)
    assert left not in spaces(db)
    assert db.all("imported") != []


def test_an_import_that_was_given_up_does_not_come_back(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.write("a.json", lines({"pk": S("a")}))

    def slept(*arguments: Any) -> Any:
        monkeypatch.undo()
        db.now += 20 * 60
        assert counts(db.take()) == (1, 1, 0)
        return store_portion(*arguments)

    monkeypatch.setattr(importing, "store_portion", slept)
    db.refused("InternalServerError", "was given up", "ImportTable", db.importing())
    assert db.all("imported") == [{"pk": S("a")}]
    assert len(spaces(db)) == 1


def test_a_full_disk_fails_the_import_and_leaves_no_table(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.write("a.json", lines({"pk": S("a")}))

    def full(*_arguments: Any) -> Any:
        raise StoreFull("no space is left")

    monkeypatch.setattr(importing, "store_portion", full)
    done = db.take()
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "InternalServerError")
    assert done["FailureMessage"] == "no space is left"
    assert spaces(db) == set()


def test_a_file_that_may_not_be_read_fails_the_import(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.write("a.json", lines({"pk": S("a")}))

    def refused(*_arguments: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("anydynamo.adapters.transfers.sources.os.open", refused)
    done = db.take()
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "S3AccessDenied")
    assert spaces(db) == set()


def test_the_stores_own_trouble_is_not_taken_for_a_files(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.write("a.json", lines(*({"pk": S(f"{n}")} for n in range(3))))
    monkeypatch.setattr(importing, "PORTION_ITEMS", 1)
    calls = iter([store_portion])

    def full(*arguments: Any) -> Any:
        for call in calls:
            return call(*arguments)
        raise StoreFull("no space is left for the database")

    monkeypatch.setattr(importing, "store_portion", full)
    assert db.take()["FailureMessage"] == "no space is left for the database"
    assert spaces(db) == set()


def test_open_points_are_read_as_the_user_chose(db: Transfers) -> None:
    db.write("a.json", lines({"pk": S("a"), "n": {"NS": ["1", "1.0"]}}))
    assert counts(db.take("first")) == (1, 0, 1)
    db.adapter = EmbeddedAdapter(
        db.store,
        provider="memory",
        blocking=True,
        clock=lambda: db.now,
        behaviour=Behaviour(s3_folder=db.folder, readings=Readings(number_sets="as_written")),
    )
    assert counts(db.take("second")) == (1, 1, 0)
    assert db.all("second") == [{"pk": S("a"), "n": {"NS": ["1"]}}]


def test_a_client_token_stands_for_one_import(db: Transfers) -> None:
    db.write("a.json", lines({"pk": S("a")}))
    first = db.take(ClientToken="once")
    db("DeleteTable", TableName="imported")
    again = db("ImportTable", db.importing(ClientToken="once"))["ImportTableDescription"]
    assert again == first
    assert db("ListTables")["TableNames"] == []
    db.refused(
        "ImportConflictException",
        "was used for another request",
        "ImportTable",
        db.importing("other", ClientToken="once"),
    )


def test_imports_are_listed_in_pages(db: Transfers) -> None:
    db.write("a.json", lines({"pk": S("a")}))
    arns = [db.take(f"table{n}")["ImportArn"] for n in range(3)]
    page = db("ListImports", PageSize=2)
    assert page["ImportSummaryList"][0].keys() == {
        "ImportArn",
        "ImportStatus",
        "TableArn",
        "S3BucketSource",
        "InputFormat",
        "StartTime",
        "EndTime",
    }
    # The service's own form of a token, which its clients check.
    assert len(page["NextToken"]) >= 112
    assert len(page["NextToken"]) % 16 == 0
    rest = db("ListImports", PageSize=2, NextToken=page["NextToken"])
    found = [one["ImportArn"] for one in (*page["ImportSummaryList"], *rest["ImportSummaryList"])]
    assert found == arns
    assert "NextToken" not in rest
    (mine,) = db("ListImports", TableArn=db.arn("table1"))["ImportSummaryList"]
    assert mine["ImportArn"] == arns[1]
    db.refused("ImportNotFoundException", "Import not found", "DescribeImport", ImportArn=ABSENT)


@pytest.mark.parametrize(
    ("says", "parameters"),
    [
        ("Unsupported InputFormatOptions for the given input format", {"InputFormatOptions": {}}),
        ("at 'inputFormat'", {"InputFormat": "XML"}),
        ("at 'inputCompressionType'", {"InputCompressionType": "BZIP2"}),
        ("delimiter", {"InputFormat": "CSV", "InputFormatOptions": {"Csv": {"Delimiter": "x"}}}),
        ("VectorIndexes is not supported here", {"creation": {"VectorIndexes": []}}),
        (
            "BillingMode is PAY_PER_REQUEST",
            {
                "creation": {
                    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
                }
            },
        ),
        ("index key attributes are not defined", {"creation": {"KeySchema": schema("other")}}),
    ],
)
def test_what_cannot_be_imported_is_refused_and_leaves_nothing(
    db: Transfers, says: str, parameters: dict[str, Any]
) -> None:
    db.invalid(says, "ImportTable", db.importing(**parameters))
    assert db("ListImports") == {"ImportSummaryList": []}
    assert db("ListTables")["TableNames"] == []


def test_an_existing_table_is_not_imported_over(db: Transfers) -> None:
    db.create("imported", "pk")
    text = "Table already exists: imported"
    db.refused("ResourceInUseException", text, "ImportTable", db.importing())
    assert spaces(db) == spaces(db)
    assert db("ListImports") == {"ImportSummaryList": []}


def test_without_a_folder_nothing_is_imported(engine: Engine, db: Transfers) -> None:
    engine.invalid("s3_folder", "ImportTable", db.importing())
    assert engine("ListImports") == {"ImportSummaryList": []}


@pytest.mark.parametrize(
    ("parameters", "module", "extra"),
    [
        ({"InputFormat": "ION"}, "amazon.ion.core", "anydynamo[ion]"),
        ({"InputCompressionType": "ZSTD"}, "zstandard", "anydynamo[zstd]"),
    ],
)
def test_what_is_not_installed_is_asked_for_before_anything_begins(
    db: Transfers,
    monkeypatch: pytest.MonkeyPatch,
    parameters: dict[str, str],
    module: str,
    extra: str,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    db.invalid(extra, "ImportTable", db.importing(**parameters))
    assert db("ListImports") == {"ImportSummaryList": []}


def test_a_json_file_gets_its_list_when_the_import_ends(tmp_path: Path, db: Transfers) -> None:
    path = tmp_path / "db.json"
    path.write_text('{"guests": [{"pk": "x"}]}')

    def opened() -> EmbeddedAdapter:
        return EmbeddedAdapter(
            JSONFileStore(path, blocking=True),
            provider="json",
            blocking=True,
            behaviour=Behaviour(s3_folder=tmp_path),
        )

    db.adapter = opened()
    db.write("a.json", lines(*({"pk": S(f"{n}")} for n in range(3))))
    assert counts(db.take()) == (3, 3, 0)
    db.refused(
        "ResourceInUseException",
        "Table already exists: guests",
        "ImportTable",
        db.importing("guests"),
    )
    finished(db.adapter.close())
    written = json.loads(path.read_text())
    assert written["imported"] == [{"pk": f"{n}"} for n in range(3)]
    assert written["guests"] == [{"pk": "x"}]
    db.adapter = opened()
    assert len(db.all("imported")) == 3
    assert db("DescribeTable", TableName="imported")["Table"]["ItemCount"] == 3
    finished(db.adapter.close())


attributes = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
        lambda name: name != "pk"
    ),
    values,
    max_size=5,
)


@pytest.mark.parametrize("form", ["DYNAMODB_JSON", "ION"])
@settings(max_examples=25, deadline=None)
@given(items=st.lists(attributes, max_size=4))
def test_what_was_exported_is_imported_unchanged(
    tmp_path_factory: pytest.TempPathFactory, form: str, items: list[dict[str, Any]]
) -> None:
    db = Transfers(tmp_path_factory.mktemp("s3"))
    db.recoverable("source", "pk")
    for number, item in enumerate(items):
        db("PutItem", TableName="source", Item={"pk": S(f"{number}"), **item})
    done = db.export("source", ExportFormat=form)
    assert done["ItemCount"] == len(items)
    folder = done["ExportManifest"].rpartition("/")[0]
    taken = db.take(InputFormat=form, InputCompressionType="GZIP", prefix=f"{folder}/data/")
    assert taken["ImportStatus"] == "COMPLETED"
    assert db.all("imported") == db.all("source")
