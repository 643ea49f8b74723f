"""One program, three places for its data: `python examples/switching_providers.py`.

Set DATABASE_URL, for instance to dynamodb://eu-central-1, to run it there as well.
"""

import asyncio
import os

from anydynamo import Attr, Database, LocalIndex, Table, attribute


class Reading(Table, name="readings"):
    sensor: Attr[str] = attribute(hash_key=True)
    second: Attr[int] = attribute(range_key=True)
    celsius: Attr[float] = attribute()

    by_temperature = LocalIndex("TemperatureIndex", range_key=celsius)


async def warmest(db: Database, sensor: str) -> Reading:
    """This is the application. It does not know where its data lies."""
    readings = db.repository(Reading)
    async for reading in readings.query(Reading.by_temperature, sensor, reverse=True, limit=1):
        return reading
    raise LookupError(sensor)


async def main() -> None:
    urls = ["memory://", "json:///readings.json", "sqlite:///readings.db"]
    if elsewhere := os.environ.get("DATABASE_URL"):
        urls.append(elsewhere)
    answers = set[tuple[int, float]]()
    for url in urls:
        async with Database.open(url) as db:
            await db.create_tables([Reading])
            await db.repository(Reading).put_many(
                [
                    Reading(sensor="attic", second=second, celsius=celsius)
                    for second, celsius in enumerate([18.5, 21.25, 19.0])
                ]
            )
            found = await warmest(db, "attic")
            answers.add((found.second, found.celsius))
            print(f"{db.info.provider}: {found.celsius} degrees in second {found.second}")
    print("One answer" if len(answers) == 1 else "Different answers")


if __name__ == "__main__":
    asyncio.run(main())
