"""The folder that stands in for S3: nothing in a request leads out of it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.calling import S
from tests.engine.transferring import BUCKET, Transfers

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.adapters.registry import Location, open_adapter
from anydynamo.adapters.transfers import folder as folders
from anydynamo.adapters.transfers.folder import BucketTrouble, Folder, check_key
from anydynamo.engine.behaviour import Behaviour
from anydynamo.engine.errors import EngineError
from anydynamo.errors import ConfigurationError, StoreReadOnly
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

LINE = '{"Item": {"pk": {"S": "a"}}}\n'
OUTSIDE = [
    "..",
    "../exports",
    "a/../../b",
    "/etc",
    "/",
    "a//b",
    "./a",
    "a/.",
    "a\\..\\..\\b",
    "C:",
    "a\0b",
    "a\nb",
    "a ",
    "a./b",
    "a*",
    "x" * 300,
    "é" * 200,
]


@pytest.fixture
def db(tmp_path: Path) -> Transfers:
    place = tmp_path / "s3"
    place.mkdir()
    engine = Transfers(place)
    engine.recoverable("users", "pk")
    engine.put("users", pk=S("a"))
    return engine


def everything(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


@pytest.mark.parametrize("prefix", OUTSIDE)
def test_a_prefix_that_is_no_path_below_the_bucket_is_refused(
    db: Transfers, tmp_path: Path, prefix: str
) -> None:
    before = everything(tmp_path)
    db.invalid(
        "S3Prefix cannot become a path",
        "ExportTableToPointInTime",
        TableArn=db.arn("users"),
        S3Bucket=BUCKET,
        S3Prefix=prefix,
    )
    db.invalid("S3KeyPrefix cannot become a path", "ImportTable", db.importing(prefix=prefix))
    assert everything(tmp_path) == before
    assert db("ListExports") == {"ExportSummaries": []}
    assert db("ListImports") == {"ImportSummaryList": []}


@settings(max_examples=200, deadline=None)
@given(prefix=st.text(st.sampled_from("ab./\\:é \0"), max_size=12))
def test_whatever_passes_leads_to_a_place_below_the_bucket(prefix: str) -> None:
    try:
        check_key("S3Prefix", prefix)
    except EngineError:
        return
    place = os.path.normpath(os.path.join("/root/bucket", prefix))
    assert f"{place}/".startswith("/root/bucket/")
    assert place.removeprefix("/root/bucket").strip("/") == prefix.removesuffix("/")


def test_a_slash_at_the_end_of_a_prefix_makes_no_difference(db: Transfers) -> None:
    one, two = db.export("users", S3Prefix="a"), db.export("users", S3Prefix="a/")
    assert one["ExportManifest"].split("/")[:2] == two["ExportManifest"].split("/")[:2]


def test_a_bucket_that_is_a_link_is_none(db: Transfers, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.json").write_text(LINE)
    (db.folder / "linked").symlink_to(elsewhere)
    assert db.export("users", S3Bucket="linked")["FailureCode"] == "S3NoSuchBucket"
    source = {"S3Bucket": "linked", "S3KeyPrefix": ""}
    assert db.take(S3BucketSource=source)["FailureCode"] == "S3NoSuchBucket"
    assert everything(elsewhere) == {str(elsewhere / "a.json")}


@pytest.mark.parametrize("place", ["out", "out/deep", "out/AWSDynamoDB"])
def test_an_export_does_not_go_through_a_link(db: Transfers, tmp_path: Path, place: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = db.bucket / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)
    done = db.export("users", S3Prefix="out/deep" if "deep" in place else "out")
    assert (done["ExportStatus"], done["FailureCode"]) == ("FAILED", "S3AccessDenied")
    assert everything(elsewhere) == set()


def test_an_export_needs_folders_where_files_stand(db: Transfers) -> None:
    db.write("out", "a file")
    done = db.export("users", S3Prefix="out")
    assert (done["ExportStatus"], done["FailureCode"]) == ("FAILED", "S3AccessDenied")
    assert db.text("out") == "a file"


@pytest.mark.parametrize("kind", ["file", "folder", "broken", "pipe"])
def test_an_import_does_not_read_what_is_no_file(db: Transfers, tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.json").write_text(LINE)
    target = {"file": secret / "a.json", "folder": secret, "broken": tmp_path / "absent"}
    if kind == "pipe":
        os.mkfifo(db.bucket / "in")
    else:
        (db.bucket / "in").symlink_to(target[kind])
    done = db.take(prefix="in")
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "S3AccessDenied")
    assert db("ListTables")["TableNames"] == ["users"]
    # What is not asked for does not matter.
    db.write("other.json", LINE)
    assert db.take(prefix="other")["ImportStatus"] == "COMPLETED"


def test_a_prefix_through_a_link_finds_nothing(db: Transfers, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(LINE)
    (db.bucket / "in").symlink_to(tmp_path)
    assert db.take(prefix="in/a")["FailureCode"] == "S3NoSuchKey"


def test_a_file_that_becomes_a_link_is_not_followed(
    db: Transfers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "a.json"
    secret.write_text(LINE)
    db.write("in", LINE)
    objects = folders.Bucket.objects

    def swapped(self: Any, prefix: str) -> Any:
        found = objects(self, prefix)
        (db.bucket / "in").unlink()
        (db.bucket / "in").symlink_to(secret)
        return found

    monkeypatch.setattr(folders.Bucket, "objects", swapped)
    assert db.take(prefix="in")["ImportStatus"] == "FAILED"


def test_an_import_takes_so_many_objects_and_no_more(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MOST_OBJECTS", 3)
    for number in range(4):
        db.write(f"in/{number}", LINE)
    assert db.take(prefix="in")["FailureCode"] == "LimitExceeded"
    assert db.take("some", prefix="in/1")["ImportStatus"] == "COMPLETED"


def test_what_cannot_be_written_is_access_denied(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def protected(*_arguments: Any, **_more: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.mkdir", protected)
        assert db.export("users", S3Prefix="new")["FailureCode"] == "S3AccessDenied"

    def read_only(*_arguments: Any) -> Any:
        raise StoreReadOnly("it is read-only")

    monkeypatch.setattr(folders, "replacing_binary", read_only)
    done = db.export("users")
    assert (done["FailureCode"], done["FailureMessage"]) == ("S3AccessDenied", "it is read-only")


def test_a_folder_that_may_not_be_listed_fails_the_import(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def protected(*_arguments: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("os.scandir", protected)
        done = db.take()
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "S3AccessDenied")
    assert db("ListTables")["TableNames"] == ["users"]


def test_a_link_in_the_place_of_an_object_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / BUCKET).mkdir()
    target = tmp_path / "target"
    (tmp_path / BUCKET / "a").symlink_to(target)
    with (
        pytest.raises(BucketTrouble, match="is a link"),
        Folder(tmp_path).bucket(BUCKET).writing("a"),
    ):
        raise AssertionError("it was opened")
    assert not target.exists()


def test_an_object_is_there_when_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / BUCKET).mkdir()
    bucket = Folder(tmp_path).bucket(BUCKET)
    with suppress(RuntimeError), bucket.writing("a/b") as file:
        file.write(b"half")
        raise RuntimeError
    assert list((tmp_path / BUCKET / "a").iterdir()) == []
    with bucket.writing("a/b") as file:
        file.write(b"whole")
        with pytest.raises(BucketTrouble, match="No object"):
            bucket.objects("")
    assert [key for key, _ in bucket.objects("")] == ["a/b"]


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="which is no folder; create it first"):
        Folder(tmp_path / "absent")
    with pytest.raises(ConfigurationError, match="s3_folder cannot be"):
        Folder("a\0b")
    with pytest.raises(ConfigurationError, match="expected the path of a folder"):
        open_adapter(Location.parse("memory://?s3_folder="))
    with pytest.raises(ConfigurationError, match="no folder"):
        EmbeddedAdapter(
            MemoryStore(), provider="memory", behaviour=Behaviour(s3_folder=tmp_path / "absent")
        )


async def test_a_url_names_the_folder(tmp_path: Path) -> None:
    (tmp_path / BUCKET).mkdir()
    (tmp_path / BUCKET / "a.json").write_text(LINE)
    adapter = open_adapter(Location.parse(f"sqlite:///{tmp_path}/app.db?s3_folder={tmp_path}"))
    db = Transfers(tmp_path)
    answer = await adapter.call("ImportTable", db.importing())
    arn = answer["ImportTableDescription"]["ImportArn"]
    done = (await adapter.call("DescribeImport", {"ImportArn": arn}))["ImportTableDescription"]
    assert (done["ImportStatus"], done["ImportedItemCount"]) == ("COMPLETED", 1)
    await adapter.close()
