"""Reports that only their users can reach, and embeddings: `python examples/k9.py`.

It runs on SQLite; `DATABASE_PROVIDER=dynamodb ENVIRONMENT=staging python examples/k9.py` uses the
tables `k9-users-staging` and so on.
"""

import asyncio

from anydynamo import NotFound
from anydynamo.catalog.k9 import DatabaseManager, Embedding, Report


async def main() -> None:
    async with DatabaseManager.from_env() as k9:
        await k9.create_tables()

        report = Report(id=k9.database.new_id(), user_id="ann", title="Dogs of the north")
        await k9.reports.create_report(report)
        await k9.reports.change_report(report.id, "ann", Report.favorites.set(["husky"]))

        (mine,) = await k9.reports.list_reports("ann")
        print("Ann has:", mine.title, mine.favorites)
        print("Bob has:", len(await k9.reports.list_reports("bob")))
        try:
            await k9.reports.change_report(report.id, "bob", Report.title.set("Cats"))
        except NotFound:
            print("To Bob there is no such report")

        await k9.embeddings.store_embedding(Embedding.of("husky", "v1", [0.1, 1 / 3, -2.5]))
        for embedding in await k9.embeddings.get_embeddings_by_model("v1"):
            cost = embedding.cost
            print("A vector of", cost.dimension, "numbers in an item of", cost.item, "bytes")

        await k9.reports.delete_report(report.id, "ann")


if __name__ == "__main__":
    asyncio.run(main())
