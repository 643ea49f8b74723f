"""What `import anydynamo` gives, and what it costs."""

from __future__ import annotations

import pytest
from tests.imports import modules_after

import anydynamo


def test_all_is_sorted_and_every_name_in_it_is_there() -> None:
    assert anydynamo.__all__ == sorted(anydynamo.__all__)
    assert set(anydynamo.__all__) <= set(dir(anydynamo))
    for name in anydynamo.__all__:
        assert getattr(anydynamo, name) is not None


def test_every_error_of_the_tree_is_a_public_name() -> None:
    from anydynamo import errors

    tree = {name for name in errors.__all__ if name[0].isupper() and name != "CODES"}
    assert tree <= set(anydynamo.__all__)


def test_errors_show_the_path_that_users_import_from() -> None:
    assert anydynamo.NotFound.__module__ == "anydynamo"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Tabel'"):
        _ = anydynamo.Tabel  # type: ignore[attr-defined]


def test_importing_the_package_brings_neither_pynamodb_nor_pydantic() -> None:
    assert not {"pynamodb", "pydantic", "botocore"} & modules_after("import anydynamo")


def test_what_only_providers_and_tables_need_is_imported_by_them_alone() -> None:
    # Settings is a pydantic model and AuditEntry a table, so they bring pydantic along.
    names = ", ".join(set(anydynamo.__all__) - {"AuditEntry", "Settings"})
    heavy = {"pydantic", "pydantic_settings", "aiobotocore", "sqlite3", "msgspec", "typer"}
    assert not heavy & modules_after(f"from anydynamo import {names}")
