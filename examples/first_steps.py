"""Declare a table, write, read, query and change: `python examples/first_steps.py`."""

import asyncio

from anydynamo import Attr, ConditionFailed, Database, GlobalIndex, Table, attribute


class Book(Table, name="books"):
    isbn: Attr[str] = attribute(hash_key=True)
    title: Attr[str] = attribute()
    author: Attr[str] = attribute()
    year: Attr[int] = attribute()
    copies: Attr[int] = attribute(default=1)

    by_author = GlobalIndex("AuthorIndex", hash_key=author, range_key=year)


async def main() -> None:
    async with Database.open("sqlite:///books.db") as db:
        await db.create_tables([Book])
        books = db.repository(Book)

        await books.put_many(
            [
                Book(isbn="1", title="Dubliners", author="Joyce", year=1914),
                Book(isbn="2", title="Ulysses", author="Joyce", year=1922, copies=2),
                Book(isbn="3", title="Orlando", author="Woolf", year=1928),
            ]
        )

        async for book in books.query(Book.by_author, "Joyce", Book.year > 1915):
            print("By Joyce after 1915:", book.title)

        lent = await books.update("2", Book.copies.add(-1), condition=Book.copies > 0)
        print("Copies of", lent.title, "left:", lent.copies)

        await books.update("2", Book.copies.add(-1), condition=Book.copies > 0)
        try:
            await books.update("2", Book.copies.add(-1), condition=Book.copies > 0)
        except ConditionFailed:
            print("No copy is left")


if __name__ == "__main__":
    asyncio.run(main())
