"""Where Dynoxide differs from DynamoDB, and where only its words do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.deviations.naming import ALL, by_test

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DYNOXIDE", "DYNOXIDE_WORDINGS"]

DYNOXIDE: Final[Mapping[str, str]] = by_test(
    {
        "Dynoxide takes no ARN of a table for its name": {
            "test_a_table_named_by_its_arn_is_charged_under_its_arn": ALL,
        },
        "Dynoxide has no exports and imports": {
            "test_an_export_that_is_not_there_is_no_export": ALL,
            "test_an_import_that_is_not_there_is_no_import": ALL,
        },
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
        "Dynoxide changes tables at once, and says ACTIVE of what is being changed": {
            "test_an_update_is_under_way_when_it_is_answered": ALL,
            "test_an_index_under_way_says_so": ALL,
        },
        "Dynoxide describes the indexes of a table that is being deleted": {
            "test_the_response_to_a_change_says_what_is_going_on": ALL,
        },
        "Dynoxide knows no warm throughput, and does not change a table's encryption": {
            "test_warm_throughput_is_described": ALL,
            "test_warm_throughput_only_grows": ALL,
            "test_encryption_is_changed_by_itself_to_what_it_is_not": ALL,
            "test_what_a_table_is_provisioned_with_fits_its_billing": ["index", "cold"],
        },
        "Dynoxide does not hold an update of a table to all of what it is, nor to one change": {
            "test_throughput_is_for_provisioned_tables": ALL,
            "test_a_table_becomes_provisioned_with_all_its_indexes": ALL,
            "test_a_stream_is_switched_only_to_what_it_is_not": ALL,
            "test_a_table_class_is_changed_by_itself": ALL,
            "test_one_index_is_made_or_deleted_at_a_time": ALL,
        },
        "Dynoxide checks tags less, and gives them to indexes": {
            "test_tags_that_cannot_be_are_refused": ["twice", "reserved"],
            "test_only_tables_have_tags": ALL,
        },
        "Dynoxide takes equal settings of time to live, and words another attribute otherwise": {
            "test_time_to_live_is_not_switched_to_what_it_is": ALL,
            "test_time_to_live_is_on_for_one_attribute": ALL,
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
        "Dynoxide has no point-in-time recovery": {
            "test_recovery_is_off_until_it_is_enabled": ALL,
            "test_a_recovery_period_belongs_to_enabled_recovery": ALL,
            "test_a_table_is_restored_with_its_items_and_indexes": ALL,
            "test_a_source_can_be_named_by_arn": ALL,
            "test_a_table_restored_to_a_point_in_time_has_no_settings_of_its_source": ALL,
            "test_indexes_and_billing_can_be_overridden_at_a_point_in_time": ALL,
            "test_a_table_without_recovery_cannot_be_restored": ALL,
            "test_a_time_outside_of_the_window_cannot_be_restored": ALL,
            "test_a_restore_that_cannot_be_is_refused": ALL,
            "test_recovery_of_an_absent_table_is_refused": ALL,
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
            "test_a_policy_consists_of_statements": ALL,
            "test_a_table_can_be_created_with_a_policy": ALL,
            "test_an_account_has_quotas": ALL,
            "test_a_region_has_endpoints": ALL,
        },
        "Dynoxide has no Kinesis destinations, and no contributor insights": {
            "test_a_destination_is_enabled_and_disabled": ALL,
            "test_a_destination_is_not_switched_to_what_it_is": ALL,
            "test_a_table_has_two_destinations_at_most": ALL,
            "test_the_precision_of_a_destination_is_changed": ALL,
            "test_a_destination_needs_its_table": ALL,
            "test_a_destination_is_a_kinesis_stream": ALL,
            "test_a_new_table_of_an_old_name_has_no_destinations": ALL,
            "test_insights_are_enabled_for_a_table_and_for_an_index": ALL,
            "test_insights_can_be_of_throttled_keys_only": ALL,
            "test_insights_that_were_disabled_have_no_rules": ALL,
            "test_insights_are_listed_in_pages": ALL,
            "test_insights_need_their_table_and_index": ALL,
        },
        "Dynoxide has no global tables of either version, and no auto scaling of replicas": {
            "test_a_global_table_is_described": ALL,
            "test_a_global_table_needs_an_empty_table_with_a_stream_of_both_images": ALL,
            "test_replicas_are_added_and_removed": ALL,
            "test_global_tables_are_listed_in_pages_and_by_region": ALL,
            "test_what_is_no_global_table_is_not_found": ALL,
            "test_a_global_table_goes_with_its_table": ALL,
            "test_settings_are_described_by_region": ALL,
            "test_settings_need_a_region_and_an_index_that_are_there": ALL,
            "test_a_replica_is_added_changed_and_removed": ALL,
            "test_a_replica_needs_a_stream_which_then_stays": ALL,
            "test_an_update_of_replicas_that_cannot_be_is_refused": ALL,
            "test_a_strongly_consistent_table_has_two_replicas_or_a_witness": ALL,
            "test_replicas_are_scaled": ALL,
            "test_scaling_needs_its_table": ALL,
        },
    }
)
"""What Dynoxide 1.2 does otherwise."""

DYNOXIDE_WORDINGS: Final[Mapping[str, str]] = {
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
