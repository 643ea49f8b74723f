"""Where moto and Dynoxide are known to differ from DynamoDB, test by test of the adapter contract.

Each test that is named here runs all the same, must fail, and is reported when it no longer does.
The expectations come from AWS's documentation: the API Reference of DynamoDB (version 2012-08-10)
and the Developer Guide's pages on expressions, limits, data types and capacity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["DYNOXIDE", "DYNOXIDE_WORDINGS", "MOTO"]

ALL: Sequence[str] = ()


def _by_test(groups: Mapping[str, Mapping[str, Sequence[str]]]) -> Mapping[str, str]:
    return {
        name: reason
        for reason, tests in groups.items()
        for test, cases in tests.items()
        for name in ([f"{test}[{case}]" for case in cases] or [test])
    }


MOTO: Mapping[str, str] = _by_test(
    {
        "moto charges one unit whatever the size, and its own idea of indexes": {
            "test_reads_round_up_to_4_kb_and_writes_to_1": ALL,
            "test_what_is_not_there_costs_the_least": ALL,
            "test_an_update_costs_the_larger_of_before_and_after": ALL,
            "test_a_scan_adds_up_before_it_rounds_and_before_it_filters": ALL,
            "test_a_batch_rounds_each_item": ALL,
            "test_a_transaction_costs_twice": ALL,
            "test_indexes_are_charged_when_their_entries_change": ALL,
            "test_an_index_read_is_charged_to_the_index": ALL,
            "test_the_size_of_an_item_collection_is_estimated": ALL,
        },
        "moto answers with ConsumedCapacity or ItemCollectionMetrics that nobody asked for": {
            "test_every_kind_of_action_happens_at_once": ALL,
            "test_a_token_makes_a_repeated_transaction_take_effect_once": ALL,
            "test_a_batch_writes_and_removes_in_several_tables": ALL,
            "test_all_old_and_all_new_are_whole_items": ALL,
        },
        "moto describes tables without some of their members, or in an earlier state": {
            "test_a_table_is_described_as_it_was_declared": ALL,
            "test_a_new_table_of_an_old_name_is_empty": ALL,
            "test_a_deleted_table_is_gone_with_its_items": ALL,
            "test_a_new_index_takes_in_the_items_that_are_there": ALL,
        },
        "moto lists tables in the order in which they were made": {
            "test_tables_are_listed_by_name_in_pages": ALL,
        },
        "moto does not check table definitions as DynamoDB does": {
            "test_a_table_that_cannot_be_is_refused": [
                "name too short",
                "name too long",
                "name with a blank",
                "no partition key",
                "two partition keys",
                "one attribute twice",
                "key of no key type",
                "two indexes of one name",
                "unknown projection",
                "no projection",
                "INCLUDE of nothing",
                "attributes beside ALL",
                "local index on a table without one",
                "21 global indexes",
            ],
            "test_a_change_that_cannot_be_is_refused": ALL,
            "test_an_index_that_is_not_there_cannot_be_removed": ALL,
            "test_time_to_live_is_not_switched_to_what_it_is": ALL,
        },
        "moto has no DynamoDB error for this absent table or index": {
            "test_a_table_that_is_not_there_is_named": [
                "DescribeTimeToLive-more3",
                "UpdateTimeToLive-more4",
            ],
            "test_an_index_that_is_not_there_is_refused": ALL,
        },
        "moto does not check transactions before it begins, and does not cancel for a bad action": {
            "test_a_malformed_transaction_is_refused_before_it_begins": [
                "bad value",
                "syntax",
                "undefined value",
                "nothing",
                "two in one",
            ],
            "test_an_action_that_cannot_be_applied_cancels_all": ALL,
            "test_a_malformed_read_is_refused": ["twice", "syntax"],
            "test_a_read_with_a_wrong_key_is_cancelled": ALL,
        },
        "moto reads without the projection in transactions": {
            "test_reads_come_in_the_order_they_were_asked": ALL,
        },
        "moto does not check a batch as a whole, or not at all": {
            "test_a_batch_takes_25_writes_and_no_more": ALL,
            "test_one_wrong_request_refuses_the_whole_batch": ALL,
            "test_an_empty_batch_is_refused": ["no table"],
            "test_one_wrong_key_refuses_the_whole_read": ["equal numbers", "more than a key"],
        },
        "moto does not fetch from the table what a local index lacks": {
            "test_a_local_index_fetches_the_rest_from_the_table": ALL,
        },
        "moto does not check what an index projects or which types its keys have": {
            "test_a_global_index_cannot_fetch_the_rest": ALL,
            "test_an_index_key_of_the_wrong_type_is_refused_by_every_write": ALL,
        },
        "moto does not check start keys and segments, or fails with a status of 500": {
            "test_a_start_key_of_an_index_has_both_keys": ALL,
            "test_a_scan_that_cannot_be_is_refused": [
                "{'Segment': 0, 'TotalSegments': 1000001}",
                "{'ExclusiveStartKey': {'pk': {'S': '1'}}}",
                "{'ExclusiveStartKey': {'pk': {'S': '1'}, 'sk': {'S': '1'}}}",
                "{'ExclusiveStartKey': {'pk': {'S': '1'}, 'sk': {'N': '1'}, 'half': {'N': '0'}}}",
            ],
            "test_a_start_key_that_cannot_be_is_refused": ALL,
            "test_a_start_key_outside_the_range_is_refused": ALL,
        },
        "moto reads only the commonest key conditions, and checks few of them": {
            "test_a_key_condition_selects_a_range": [
                "sk BETWEEN :a AND :b and pk = :p",
                ":p = pk AND :a < sk",
                ":a >= sk AND pk = :p",
            ],
            "test_what_is_no_key_condition_is_refused": [
                "pk = :p AND sk <> :a",
                "pk = :p OR sk = :a",
                "pk = :p AND NOT sk = :a",
                "pk = :p AND sk IN (:a)",
                "pk = :p AND pk = :a",
                "pk = :p AND sk > :a AND sk < :b",
                "pk = :p AND sk = :text",
                "pk = :p AND sk BETWEEN :b AND :a",
                "pk = :p AND begins_with(sk, :a)",
                "pk = :a",
                "((pk = :p))",
            ],
            "test_a_filter_may_not_name_the_key": ALL,
        },
        "moto's update expressions lack parentheses, exact sums and some checks": {
            "test_an_update_changes_what_it_names_and_nothing_else": ["SET n = (n - :one)"],
            "test_an_update_that_cannot_be_is_refused_and_changes_nothing": [
                "SET n = n + :one + :one",
                "SET s.x = :one",
                "SET l.x = :one",
                "SET #undefined = :one",
                "SET n = n + :big, s = :big + :big, fresh = :big",
                "SET n = :big + :digits",
            ],
            "test_an_update_without_any_action_makes_the_bare_item": ALL,
            "test_sums_are_exact": ALL,
        },
        "moto returns more, or emptier, updated values than DynamoDB": {
            "test_updated_values_are_those_of_the_paths_that_were_named": [
                "UPDATED_OLD-SET m.a = :s",
                "UPDATED_OLD-SET m.b.d = :one",
                "UPDATED_OLD-SET l[1] = :s",
                "UPDATED_NEW-SET l[1] = :s",
                "UPDATED_NEW-REMOVE s",
                "UPDATED_NEW-REMOVE absent",
                "UPDATED_NEW-DELETE ss :ab",
            ],
            "test_an_update_makes_the_item_that_was_not_there": ALL,
        },
        "moto evaluates this condition differently, or fails with a status of 500": {
            "test_a_condition_decides_over_a_write": [
                "absent = gone",
                "absent <> gone",
                "n < :text",
                "l < :ten",
                "n BETWEEN s AND :eleven",
                "NOT NOT s = :hello",
                "begins_with(b, :b_first)",
                "contains(b, :b_middle)",
                "size(n) >= :zero",
                "size(yes) >= :zero",
                "size(nul) >= :zero",
                "size(absent) >= :zero",
            ],
            "test_a_filter_selects_by_the_same_rules": [
                "absent = gone",
                "absent <> gone",
                "n < :text",
                "l < :ten",
                "n BETWEEN s AND :eleven",
                "NOT NOT s = :hello",
                "begins_with(b, :b_first)",
                "contains(b, :b_middle)",
                "size(n) >= :zero",
                "size(yes) >= :zero",
                "size(nul) >= :zero",
                "size(absent) >= :zero",
            ],
            "test_a_condition_on_an_absent_item_is_asked_of_nothing": ["size(n) = :ten-False"],
        },
        "moto checks expressions little, and fails with a status of 500 where it cannot read one": {
            "test_what_is_no_condition_is_refused": [
                "",
                "s",
                "s =",
                "s == :a",
                "s != :a",
                "s = :a AND",
                "s = :a s = :a",
                "(s = :a",
                "s = :a)",
                "s IN ()",
                "s BETWEEN :a",
                "s = 'a'",
                "n = 10",
                "s = (:a",
                "attribute_exists(s",
                "#undefined = :a",
                "s = :undefined",
                "absent = :a OR s = :undefined",
                "ATTRIBUTE_EXISTS(s)",
                "attribute_exists(s, n)",
                "begins_with(s)",
                "size(s, n) = :one",
                "attribute_exists(:a)",
                "attribute_not_exists(:a)",
                "attribute_type(s, :type_none)",
                "attribute_type(s, n)",
                "size(s)",
                "attribute_exists(s) = :true",
                "begins_with(s, :ten)",
                "s < :l",
                "absent < :true",
                "s > :null",
                "s <= :ba",
                "size(:ten) = :one",
                "n BETWEEN :eleven AND :nine",
                "n BETWEEN :a AND :nine",
                "contains(s, s)",
                "s = s",
            ],
            "test_what_is_no_filter_is_refused_in_an_empty_table": [
                "n = 10",
                "#undefined = :a",
                "s = :undefined",
                "absent = :a OR s = :undefined",
                "attribute_type(s, :type_none)",
                "begins_with(s, :ten)",
                "s < :l",
                "absent < :true",
                "s > :null",
                "s <= :ba",
                "n BETWEEN :eleven AND :nine",
                "n BETWEEN :a AND :nine",
                "contains(s, s)",
                "s = s",
            ],
            "test_names_and_values_are_checked_whatever_the_condition_says": [
                "unused value",
                "bad value",
            ],
            "test_values_without_an_expression_are_refused": ALL,
            "test_an_expression_has_a_longest_length": ALL,
            "test_endless_nesting_is_refused_and_does_no_harm": ["("],
            "test_a_projection_that_cannot_be_read_is_refused": [
                "a,",
                "a.",
                "l[x]",
                "l[-1]",
                "m, m.x",
                "l[0], l[0].k",
                "m.x, m[0]",
                "m.Status",
                "#absent",
            ],
        },
        "moto keeps only the last of several list elements, and fails on a path through a scalar": {
            "test_a_projection_selects": ["l[0], l[2]", "l[2], l[0]", "a.x, l[0].x"],
        },
        "moto stores numbers as they were written, and does not know their limits": {
            "test_a_number_comes_back_in_its_plain_form": [
                "-0",
                "0.0",
                "0e125",
                "1.0",
                "00042",
                "+5",
                ".5",
                "5.",
                "1.5E2",
                "1e+2",
                "1.e5",
                "-1.50",
                "1E125",
                "-9.9999999999999999999999999999999999999E125",
                "1E-130",
            ],
            "test_what_is_no_number_of_dynamodb_is_refused": [
                "1_000",
                "123456789012345678901234567890123456789",
                "1E126",
                "-1E126",
                "1e-99999999999",
            ],
            "test_a_set_comes_back_whole": ["NS"],
            "test_equal_numbers_are_one_key": ALL,
        },
        "moto does not check values": {
            "test_a_value_that_no_item_can_hold_is_refused": [
                "no type",
                "two types",
                "empty binary set",
                "nested empty set",
                "string twice in a set",
                "number twice in a set",
                "binary twice in a set",
                "no number in a set",
                "32 levels",
            ],
        },
        "moto does not check keys, or fails with a status of 500": {
            "test_a_key_that_does_not_fit_the_schema_is_refused": [
                "wrong type-GetItem",
                "wrong type-DeleteItem",
                "a set-GetItem",
                "a set-DeleteItem",
                "a set-UpdateItem",
            ],
            "test_an_empty_key_value_is_refused": ["DeleteItem", "UpdateItem"],
            "test_key_values_have_a_longest_length": ["one byte over"],
        },
        "moto measures items by a rule of its own": {
            "test_an_item_holds_400_kb_names_included": ["at the limit"],
        },
        "moto shows the microseconds of records, and sizes of its own making": {
            "test_a_time_is_rounded_down_to_the_second": ALL,
            "test_the_size_is_that_of_keys_and_images": ALL,
        },
        "moto records what changes nothing, and an update that creates an item as two": {
            "test_what_changes_nothing_leaves_no_record": ALL,
            "test_every_way_of_writing_is_recorded": ALL,
        },
        "moto has one shard a table, for ever, and drops it with the stream": {
            "test_a_disabled_stream_is_closed_and_stays_readable": ALL,
            "test_the_end_of_a_closed_shard_has_no_next_iterator": ALL,
            "test_a_stream_that_is_enabled_again_is_another_one": ALL,
            "test_a_deleted_tables_stream_stays_readable": ALL,
        },
        "moto does not check requests about streams, or fails with a status of 500": {
            "test_streams_are_listed_in_pages": ALL,
            "test_an_enabled_stream_cannot_be_enabled_again": ALL,
            "test_streams_of_a_table_that_is_not_there_are_not_found": ALL,
            "test_a_shard_that_is_not_there_is_not_found": ALL,
            "test_what_is_no_arn_is_refused": ALL,
            "test_a_place_that_cannot_be_is_refused": [
                "no number",
                "not a number",
                "beyond the shard",
                "no type",
            ],
            "test_a_forged_or_cut_iterator_is_refused": ALL,
            "test_more_than_a_thousand_records_cannot_be_asked_for": ALL,
        },
        "moto lists backups in one page, whatever their type, and describes few members": {
            "test_a_backup_is_described_with_its_table": ALL,
            "test_backups_are_listed_in_pages_and_by_table": ALL,
        },
        "moto restores tables without regard to what is overridden": {
            "test_indexes_can_be_left_out_of_a_restored_table": ALL,
            "test_a_restored_table_can_be_billed_otherwise": ALL,
        },
        "moto does not check policies, and drops those that a table is created with": {
            "test_a_policy_is_kept_until_it_is_deleted": ALL,
            "test_a_policy_changes_only_from_the_revision_that_is_expected": ALL,
            "test_what_is_no_policy_is_refused": ALL,
            "test_a_table_can_be_created_with_a_policy": ALL,
        },
    }
)
"""What moto 5.2 does otherwise."""

DYNOXIDE: Mapping[str, str] = _by_test(
    {
        "Dynoxide leaves BillingModeSummary out of tables that changed to provisioned capacity": {
            "test_billing_can_be_changed": ALL,
        },
        "Dynoxide takes the second of two equal settings of time to live": {
            "test_time_to_live_is_not_switched_to_what_it_is": ALL,
        },
        "Dynoxide cancels with ValidationError what DynamoDB refuses before it begins": {
            "test_a_malformed_transaction_is_refused_before_it_begins": [
                "bad value",
                "syntax",
                "undefined value",
                "two in one",
            ],
        },
        "Dynoxide does not project in TransactGetItems": {
            "test_reads_come_in_the_order_they_were_asked": ALL,
        },
        "Dynoxide does not refuse a batch request that is two at once": {
            "test_one_wrong_request_refuses_the_whole_batch": ["two in one"],
        },
        "Dynoxide compares keys by their spelling here, not by value": {
            "test_one_wrong_key_refuses_the_whole_read": ["equal numbers"],
        },
        "Dynoxide does not fetch from the table what a local index lacks": {
            "test_a_local_index_fetches_the_rest_from_the_table": ALL,
        },
        "Dynoxide does not check what a global index projects": {
            "test_a_global_index_cannot_fetch_the_rest": ALL,
        },
        "Dynoxide's begins_with ignores the case of ASCII letters (SQLite's LIKE)": {
            "test_begins_with_finds_a_prefix_and_no_more": ["string"],
        },
        "Dynoxide does not check the types of key condition operands": {
            "test_what_is_no_key_condition_is_refused": [
                "pk = :p AND sk = :text",
                "pk = :p AND begins_with(sk, :a)",
                "pk = :a",
            ],
        },
        "Dynoxide does not hold a start key to the partition and range of the query": {
            "test_the_one_item_of_a_partition_comes_in_one_page_or_two": ALL,
            "test_a_start_key_that_cannot_be_is_refused": ["elsewhere"],
            "test_a_start_key_outside_the_range_is_refused": ALL,
        },
        "Dynoxide pads a list with nulls, and renumbers it between two REMOVE actions": {
            "test_an_update_changes_what_it_names_and_nothing_else": [
                "SET l[9] = :s",
                "REMOVE l[1], l[3]",
            ],
        },
        "Dynoxide ignores the REMOVE of a path whose parent is absent": {
            "test_an_update_that_cannot_be_is_refused_and_changes_nothing": ["REMOVE absent.x"],
        },
        "Dynoxide returns whole lists for updated list elements": {
            "test_updated_values_are_those_of_the_paths_that_were_named": [
                "UPDATED_OLD-SET l[1] = :s",
                "UPDATED_NEW-SET l[1] = :s",
            ],
        },
        "Dynoxide returns the key of an item that was not there as ALL_OLD": {
            "test_all_old_and_all_new_are_whole_items": ALL,
        },
        "Dynoxide evaluates before it checks, and without an item checks nothing": {
            "test_what_is_no_condition_is_refused": [
                "ATTRIBUTE_EXISTS(s)",
                "attribute_type(s, :type_none)",
                "attribute_type(s, n)",
                "s < :l",
                "absent < :true",
                "s > :null",
                "s <= :ba",
                "s = s",
            ],
            "test_what_is_no_filter_is_refused_in_an_empty_table": [
                "s = :undefined",
                "absent = :a OR s = :undefined",
                "ATTRIBUTE_EXISTS(s)",
                "attribute_type(s, :type_none)",
                "attribute_type(s, n)",
                "s < :l",
                "absent < :true",
                "s > :null",
                "s <= :ba",
                "n BETWEEN :eleven AND :nine",
                "n BETWEEN :a AND :nine",
                "s = s",
            ],
        },
        "Dynoxide counts operators otherwise": {
            "test_an_expression_may_have_300_operators": ALL,
        },
        "Dynoxide takes any number of NOT": {
            "test_endless_nesting_is_refused_and_does_no_harm": ["NOT "],
        },
        "Dynoxide does not check for conflicting paths in projections": {
            "test_a_projection_that_cannot_be_read_is_refused": ["m.x, m[0]"],
        },
        "Dynoxide reads exponents beyond 32 bits as something else": {
            "test_what_is_no_number_of_dynamodb_is_refused": ["1e99999999999", "1e-99999999999"],
        },
        "Dynoxide counts a stream's records from 1, and their sizes as JSON": {
            "test_a_sequence_number_has_at_least_21_digits": ALL,
            "test_the_size_is_that_of_keys_and_images": ALL,
        },
        "Dynoxide records what changes nothing": {
            "test_what_changes_nothing_leaves_no_record": ALL,
        },
        "Dynoxide has one shard a table, for ever, gives it a last number, and loses the stream": {
            "test_a_stream_describes_its_keys": ALL,
            "test_an_open_shard_has_a_first_number_and_no_last": ALL,
            "test_a_disabled_stream_is_closed_and_stays_readable": ALL,
            "test_the_end_of_a_closed_shard_has_no_next_iterator": ALL,
            "test_a_stream_that_is_enabled_again_is_another_one": ALL,
            "test_a_deleted_tables_stream_stays_readable": ALL,
        },
        "Dynoxide does not check requests about streams": {
            "test_an_enabled_stream_cannot_be_enabled_again": ALL,
            "test_streams_of_a_table_that_is_not_there_are_not_found": ALL,
            "test_a_shard_that_is_not_there_is_not_found": ALL,
            "test_what_is_no_arn_is_refused": ALL,
            "test_a_place_that_cannot_be_is_refused": [
                "no number",
                "not a number",
                "beyond the shard",
            ],
            "test_more_than_a_thousand_records_cannot_be_asked_for": ALL,
        },
        "Dynoxide has no backups": {
            "test_a_backup_is_described_with_its_table": ALL,
            "test_a_restored_table_has_the_items_of_the_backup": ALL,
            "test_a_backup_outlives_its_table": ALL,
            "test_a_restored_table_has_no_stream_time_to_live_or_tags": ALL,
            "test_indexes_can_be_left_out_of_a_restored_table": ALL,
            "test_a_restored_table_can_be_billed_otherwise": ALL,
            "test_a_table_is_not_restored_over_another": ALL,
            "test_backups_are_listed_in_pages_and_by_table": ALL,
            "test_a_deleted_backup_is_gone": ALL,
            "test_a_backup_that_is_not_there_is_no_backup": ALL,
        },
        "Dynoxide has no resource policies, limits or endpoints": {
            "test_a_policy_is_kept_until_it_is_deleted": ALL,
            "test_another_policy_is_another_revision_and_the_same_is_the_same": ALL,
            "test_a_policy_changes_only_from_the_revision_that_is_expected": ALL,
            "test_what_is_no_policy_is_refused": ALL,
            "test_a_table_can_be_created_with_a_policy": ALL,
            "test_an_account_has_quotas": ALL,
            "test_a_region_has_endpoints": ALL,
        },
    }
)
"""What Dynoxide 1.2 does otherwise."""

DYNOXIDE_WORDINGS: Mapping[str, str] = {
    "Syntax error": "Syntax error|Expected |Unexpected ",
    "Invalid operator used in KeyConditionExpression": "Unexpected |Expected attribute name",
    "Incorrect number of operands": "Incorrect number of operands|Expected [),]",
    "Operator or function requires a document path": "Expected attribute name",
    "not allowed to be used this way": "Expected comparison operator|Syntax error",
    "not allowed": "Invalid function name",
    "Query key condition not supported": "partition key must use equality",
    "Invalid condition in KeyConditionExpression": "Expected value reference",
    "KeyConditionExpressions must only contain one condition per key": "missed key schema element",
    "reserved keyword: Size": r"Expected \(",
    "Incorrect operand type for operator or function": (
        "Incorrect operand type for operator or function|Expected attribute name"
    ),
    "An operand in the update expression has an incorrect data type": (
        "An operand in the update expression has an incorrect data type"
        "|Operands for |requires two list"
    ),
    "Two document paths conflict with each other": "invalid for update",
}
"""DynamoDB's wordings that Dynoxide has others for; most come from its own parser."""
