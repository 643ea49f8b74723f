"""The same library without asyncio, with optimistic locking: `python examples/blocking.py`."""

from anydynamo import Attr, Table, VersionConflict, attribute
from anydynamo.sync import Database


class Page(Table, name="pages"):
    path: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute()
    version: Attr[int] = attribute(version=True, default=0)


def append(db: Database, path: str, line: str) -> Page:
    """Add a line to a page, however many others do the same."""
    pages = db.repository(Page)
    while True:
        page = pages.get(path)
        page.text += f"\n{line}"
        try:
            return pages.put(page)
        except VersionConflict:
            continue


def main() -> None:
    with Database.open("sqlite:///pages.db") as db:
        db.create_tables([Page])
        pages = db.repository(Page)
        pages.delete("/moth")
        pages.create(Page(path="/moth", text="First actual case of bug being found."))

        stale = pages.get("/moth")
        append(db, "/moth", "Relay 70, panel F.")

        stale.text = "Nothing to see here."
        try:
            pages.put(stale)
        except VersionConflict:
            print("The older copy was refused")
        print(pages.get("/moth").text)


if __name__ == "__main__":
    main()
