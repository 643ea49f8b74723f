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
        "moto reads few PartiQL statements, compares few kinds of values, or answers with 500": {
            "test_a_condition_selects_items": ALL,
            "test_whole_items_are_returned": ALL,
            "test_columns_are_named_by_the_end_of_their_path": ALL,
            "test_an_element_of_a_list_is_a_column": ALL,
            "test_a_partition_is_read_in_the_order_asked_for": ALL,
            "test_partitions_are_ordered_by_their_key": ALL,
            "test_pages_hold_every_item_once": ALL,
            "test_the_limit_counts_what_is_evaluated": ALL,
            "test_a_token_belongs_to_its_statement": ALL,
            "test_an_index_is_read_by_its_own_keys": ALL,
            "test_a_read_is_charged_like_a_query": ALL,
            "test_an_item_is_inserted_once": ALL,
            "test_an_update_sets_and_removes": ALL,
            "test_an_update_returns_what_is_asked_for": ALL,
            "test_an_update_needs_its_item_and_its_condition": ALL,
            "test_a_failed_condition_returns_the_item": ALL,
            "test_a_delete_returns_what_it_removed": ALL,
            "test_what_is_not_there_is_deleted_without_an_error": ALL,
            "test_a_delete_needs_its_condition": ALL,
            "test_what_is_no_statement_is_refused": [
                "SELEC-Statement wasn't well formed, can't be processed",
                "SELECT * FROM-Statement wasn't well formed, can't be processed",
                "SELECT * FROM tab WHERE-Statement wasn't well formed, can't be processed",
                "SELECT * FROM tab LIMIT 1-Unsupported clause: LIMIT",
                "SELECT * FROM tab ORDER BY sk-when using ORDER BY clause",
                "SELECT * FROM tab WHERE v = 1 ORDER BY sk-when using ORDER BY clause",
                "SELECT * FROM tab WHERE pk = 'a' ORDER BY v-must be part of the primary key",
                "SELECT * FROM tab WHERE pk = ?-",
                "SELECT * FROM tab WHERE v < [1]-Incorrect operand type",
                "INSERT INTO tab VALUE {'pk': 'n', 'sk': 1, 's': <<>>}-",
                "INSERT INTO tab VALUE {'pk': 'n', 'sk': 1, 's': <<1, 'a'>>}-",
                "UPDATE tab SET v = 1 WHERE pk = 'a'-mandatory equality on all key attributes",
                "UPDATE tab SET v = 1-",
                "UPDATE tab SET pk = 'b' WHERE pk = 'a' AND sk = 1-Cannot update attribute pk",
                "UPDATE tab SET v = absent + 1 WHERE pk = 'a' AND sk = 1-does not exist",
                "DELETE FROM tab WHERE pk = 'a'-mandatory equality on all key attributes",
                "DELETE FROM tab WHERE pk = 'a' OR sk = 1-mandatory equality",
                "DELETE FROM tab WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED OLD *-Invalid",
                "EXISTS(SELECT * FROM tab WHERE pk = 'a' AND sk = 1)-",
            ],
            "test_a_statement_needs_its_table": ALL,
            "test_each_read_of_a_batch_is_answered_for_itself": ALL,
            "test_each_write_of_a_batch_succeeds_or_fails_by_itself": ALL,
            "test_a_batch_that_cannot_be_is_refused": [
                "both kinds",
                "26",
                "twice",
            ],
            "test_the_writes_of_a_transaction_happen_at_once": ALL,
            "test_one_failed_statement_cancels_all": ALL,
            "test_exists_is_the_condition_check": ALL,
            "test_the_reads_of_a_transaction_come_in_their_order": ALL,
            "test_a_token_makes_repeated_statements_take_effect_once": ALL,
            "test_a_transaction_of_statements_that_cannot_be_is_refused": ALL,
        },
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
        "moto ignores Expected in DeleteItem and PutItem, and does not check it": {
            "test_a_comparison_decides_over_a_write": [
                "a null is not absent",
                "a number has no prefix",
                "a number is not between texts",
                "a set is not among its members",
                "absent contains nothing",
                "absent is equal to nothing",
                "absent is not among",
                "absent is not less",
                "absent is not present",
                "another type",
                "does contain",
                "does not differ",
                "no member of a list",
                "no part of text",
                "no path",
                "no prefix",
                "not among",
                "not between",
                "not equal",
                "not greater or equal",
                "not less",
                "not less or equal",
                "numbers are ordered as numbers",
                "sets do not differ",
                "text is not greater than a number",
                "text is not less than a number",
            ],
            "test_an_expectation_decides_over_a_write": [
                "NULL without values",
                "another value",
                "another value that exists",
                "does not exist",
                "value and operator",
            ],
            "test_a_comparison_that_cannot_be_is_refused": ALL,
            "test_an_expectation_that_cannot_be_is_refused": ALL,
            "test_several_conditions_are_combined": [
                "AND-names3-False",
                "None-names1-False",
                "OR-names4-True",
                "OR-names5-True",
                "OR-names6-False",
            ],
            "test_there_must_be_two_conditions_to_combine": ALL,
        },
        "moto does not filter a query by QueryFilter, and does not check it": {
            "test_a_legacy_filter_selects_by_the_same_rules": [
                "a null is not absent",
                "a null is present",
                "a number does not contain",
                "a number has no prefix",
                "a number is not between texts",
                "a set is not among its members",
                "absent",
                "absent contains nothing",
                "absent differs",
                "absent does not contain",
                "absent is equal to nothing",
                "absent is not among",
                "absent is not less",
                "absent is not present",
                "among",
                "another type",
                "binaries are unsigned",
                "differs",
                "does contain",
                "does not contain",
                "does not differ",
                "equal",
                "equal booleans",
                "equal lists",
                "equal maps",
                "equal sets",
                "member of a binary set",
                "member of a list",
                "member of a number set",
                "member of a string set",
                "no member of a list",
                "no part of text",
                "no path",
                "no prefix",
                "not among",
                "not between",
                "not equal",
                "not greater or equal",
                "not less",
                "not less or equal",
                "numbers are ordered as numbers",
                "part of a binary",
                "part of text",
                "prefix",
                "prefix of a binary",
                "present",
                "sets do not differ",
                "text is not greater than a number",
                "text is not less than a number",
                "true in a list",
            ],
            "test_a_query_filter_counts_what_it_leaves_out_and_no_keys": ALL,
        },
        "moto ignores AttributesToGet": {
            "test_attributes_to_get_are_all_that_is_read": ALL,
            "test_attributes_that_cannot_be_got_are_refused": ["twice"],
        },
        "moto mixes legacy parameters with expressions": {
            "test_legacy_parameters_do_not_go_with_any_expression": [
                "DeleteItem-legacy2-ConditionExpression",
                "PutItem-legacy1-ConditionExpression",
                "Scan-legacy7-ProjectionExpression",
                "UpdateItem-legacy3-UpdateExpression",
                "UpdateItem-legacy4-ConditionExpression",
            ],
            "test_a_batch_does_not_mix_them_either": ALL,
        },
        "moto checks key conditions little, or fails with a status of 500": {
            "test_what_are_no_key_conditions_is_refused": [
                "BEGINS_WITH a number",
                "BETWEEN from above",
                "CONTAINS",
                "IN",
                "NE",
                "NOT_CONTAINS",
                "NOT_NULL",
                "NULL",
                "no key",
                "no value",
                "set",
                "wrong type",
            ],
        },
        "moto's attribute updates leave empty sets, mix types and fail with a status of 500": {
            "test_attribute_updates_change_what_they_name": [
                "delete all members",
                "delete members of nothing",
            ],
            "test_attribute_updates_that_cannot_be_are_refused": [
                "add a map",
                "add a number to a text",
                "add a text",
                "add elements to a set",
                "add null",
                "add of nothing",
                "add texts to numbers",
                "delete a key",
                "delete a number",
                "delete elements",
                "delete texts of numbers",
                "empty set",
                "key",
                "no name",
                "no number",
                "nothing of nothing",
                "one that would do",
                "put of nothing",
                "unknown action",
            ],
            "test_only_deleting_does_not_make_the_item_that_was_not_there": [
                "delete",
                "delete members",
            ],
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
    }
)
"""What moto 5.2 does otherwise."""

DYNOXIDE: Mapping[str, str] = _by_test(
    {
        "Dynoxide's PartiQL has no IS NULL, attribute_type and size, and <> needs the attribute": {
            "test_a_condition_selects_items": [
                "v <> 10 AND pk = 'a'-a2 a3",
                "nothing IS NULL-a3",
                "attribute_type(v, 'N')-a1 a2 b1",
                "size(tags) = 2-a1",
            ],
        },
        "Dynoxide ignores ORDER BY": {
            "test_a_partition_is_read_in_the_order_asked_for": [
                " DESC-found2",
            ],
            "test_partitions_are_ordered_by_their_key": ALL,
            "test_an_index_is_read_by_its_own_keys": ALL,
            "test_what_is_no_statement_is_refused": [
                "SELECT * FROM tab ORDER BY sk-when using ORDER BY clause",
                "SELECT * FROM tab WHERE v = 1 ORDER BY sk-when using ORDER BY clause",
                "SELECT * FROM tab WHERE pk = 'a' ORDER BY v-must be part of the primary key",
            ],
        },
        "Dynoxide answers a write without Items": {
            "test_an_item_is_inserted_once": ALL,
            "test_an_update_needs_its_item_and_its_condition": ALL,
            "test_what_is_not_there_is_deleted_without_an_error": ALL,
        },
        "Dynoxide takes one SET in an UPDATE, and checks neither its paths nor its operands": {
            "test_an_update_sets_and_removes": ALL,
        },
        "Dynoxide does not return the item of a failed PartiQL condition": {
            "test_a_failed_condition_returns_the_item": ALL,
        },
        "Dynoxide gives one reason for a cancelled ExecuteTransaction, and has no EXISTS": {
            "test_one_failed_statement_cancels_all": ALL,
            "test_exists_is_the_condition_check": ALL,
        },
        "Dynoxide takes statements that are none, or writes what they cannot": {
            "test_what_is_no_statement_is_refused": [
                "SELECT * FROM tab LIMIT 1-Unsupported clause: LIMIT",
                "UPDATE tab SET pk = 'b' WHERE pk = 'a' AND sk = 1-Cannot update attribute pk",
                "UPDATE tab SET v = absent + 1 WHERE pk = 'a' AND sk = 1-does not exist",
                "DELETE FROM tab WHERE pk = 'a' OR sk = 1-mandatory equality",
            ],
        },
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
        "Dynoxide checks the values of legacy conditions little, and those of filters less": {
            "test_a_comparison_that_cannot_be_is_refused": [
                "BEGINS_WITH a number",
                "BETWEEN from above",
                "BETWEEN of sets",
                "BETWEEN of two types",
                "CONTAINS of a set",
                "GE of null",
                "GT of a list",
                "IN of booleans",
                "IN of sets",
                "IN of two types",
                "LE of a boolean",
                "LT of a set",
                "NOT_CONTAINS of a map",
                "empty set",
                "no number",
                "unknown",
            ],
        },
        "Dynoxide takes the name of a legacy condition for a path": {
            "test_a_comparison_decides_over_a_write": ["no path"],
            "test_a_legacy_filter_selects_by_the_same_rules": ["no path"],
        },
        "Dynoxide does not check the AttributesToGet of a scan": {
            "test_attributes_that_cannot_be_got_are_refused": ["none", "count", "all"],
        },
        "Dynoxide takes a ConditionalOperator beside anything": {
            "test_there_must_be_two_conditions_to_combine": ALL,
            "test_legacy_parameters_do_not_go_with_any_expression": [
                "DeleteItem-legacy2-ConditionExpression"
            ],
        },
        "Dynoxide creates the item that a legacy DELETE finds absent": {
            "test_only_deleting_does_not_make_the_item_that_was_not_there": [
                "delete",
                "delete members",
            ],
        },
        "Dynoxide takes an empty attribute name in AttributeUpdates": {
            "test_attribute_updates_that_cannot_be_are_refused": ["no name"],
        },
        "Dynoxide does not check the types of legacy key conditions": {
            "test_what_are_no_key_conditions_is_refused": ["wrong type", "set"],
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
    }
)
"""What Dynoxide 1.2 does otherwise."""

DYNOXIDE_WORDINGS: Mapping[str, str] = {
    "Attempted conditional constraint is not an indexable operation": (
        "Unsupported KeyConditions ComparisonOperator"
    ),
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
