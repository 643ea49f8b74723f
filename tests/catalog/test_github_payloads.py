"""All payloads of `@octokit/webhooks-examples`, through insert, query and metrics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.catalog.github import NOW, clock, sha

from anydynamo import Database
from anydynamo.catalog.github_events import MODELS, DatabaseService, Manager, webhook
from anydynamo.catalog.github_events.incoming import event_of
from anydynamo.catalog.webhooks import read_payloads, same
from anydynamo.repositories.session import Patience

if TYPE_CHECKING:
    from pathlib import Path

    from tests.targets import Target

    from anydynamo.catalog.webhooks import Webhook

HELLO = "Codertocat/Hello-World"


@pytest.fixture(scope="module")
def payloads(webhook_examples: Path) -> list[Webhook]:
    return read_payloads(webhook_examples)


def test_there_are_as_many_as_the_package_has(payloads: list[Webhook]) -> None:
    assert len(payloads) == 726
    assert len({webhook.event for webhook in payloads}) == 64


def chosen(payloads: list[Webhook], target: Target) -> list[Webhook]:
    """Give all payloads, or of them what a server can take in some seconds."""
    if target.name == "dynoxide":
        return [one for one in payloads if one.source.startswith("api.github.com/")]
    if target.name == "moto":
        first = {one.event: one for one in reversed(payloads)}
        return [*first.values(), *(one for one in payloads if one.source.endswith("#push/4"))]
    return payloads


async def test_every_payload_is_stored_found_and_counted(
    payloads: list[Webhook], target: Target
) -> None:
    payloads = chosen(payloads, target)
    count = len(payloads)
    options = {"owns_adapter": True, "clock": clock, "patience": Patience(poll=0.01)}
    async with Manager(Database(target.adapter(), **options)) as manager:  # type: ignore[arg-type]
        service = DatabaseService.over(manager)
        given = [webhook(one.source, one.event, one.payload) for one in payloads]
        collected = await service.collect(given)
        assert (collected.received, collected.new_events) == (count, count)
        assert (collected.new_commits, collected.problems) == (1, ())
        assert await manager.events.insert_events(given) == 0

        wanted = {event.id: event for event in (event_of(one, NOW) for one in given)}
        events = manager.database.repository(MODELS[0])
        stored = {one.id: one for one in await events.scan()}
        assert stored.keys() == wanted.keys()
        for name, event in wanted.items():
            assert same(stored[name].payload, event.payload), name

        by_type = Counter(event.event_type for event in wanted.values())
        for event_type in ("PushEvent", "SecurityAdvisoryEvent", "ProjectsV2ItemEvent"):
            found = await manager.events.get_events_by_type(event_type)
            assert len(found) == by_type[event_type] > 0
        of_hello = Counter(
            event.event_type for event in wanted.values() if event.repo_name == HELLO
        )
        assert await manager.events.count_events_by_type(HELLO) == of_hello
        assert await manager.events.count_events(repo_name=HELLO) == of_hello.total()

        report = await service.report(HELLO)
        assert report.health.events == of_hello.total()
        alerts = {one.metric_type: one.events for one in report.security}
        assert alerts["code_scanning_alert"] == of_hello["CodeScanningAlertEvent"]
        people = {event.actor_login for event in wanted.values() if event.repo_name == HELLO}
        assert {one.actor_login for one in report.developers} == {
            login for login in people if login and not login.endswith("[bot]")
        }
        assert "145988746" in [one.deployment_id for one in report.deployments]
        pushed = await manager.commits.get_commit("6113728f27ae82c7b1a177c8d03f9e96e0adf246")
        assert pushed is not None
        assert [file.filename for file in pushed.files] == ["README.md"]
        assert await manager.commits.get_commit(sha(1)) is None
