"""A small service: `pip install "fastapi[standard]"`, then `fastapi dev examples/fastapi_app.py`.

One class is the body of requests, the answer, the schema in /docs and the item in the table.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Body, Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from anydynamo import (
    AlreadyExists,
    Attr,
    Conflict,
    Database,
    GlobalIndex,
    InvalidCursor,
    NotFound,
    Repository,
    Table,
    attribute,
)


class Ticket(Table, name="tickets"):
    number: Attr[Annotated[int, Field(ge=1)]] = attribute(hash_key=True)
    title: Attr[Annotated[str, Field(max_length=200)]] = attribute()
    state: Attr[str] = attribute(default="open")

    by_state = GlobalIndex("StateIndex", hash_key=state, range_key=number)


class TicketPage(BaseModel):
    items: list[Ticket]
    next: str | None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with Database.from_env() as db:
        await db.create_tables([Ticket])
        app.state.tickets = db.repository(Ticket)
        yield


app = FastAPI(title="Tickets", lifespan=lifespan)


async def repository(request: Request) -> Repository[Ticket]:
    tickets: Repository[Ticket] = request.app.state.tickets
    return tickets


Tickets = Annotated[Repository[Ticket], Depends(repository)]


@app.exception_handler(NotFound)
@app.exception_handler(Conflict)
@app.exception_handler(InvalidCursor)
async def explain(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, NotFound):
        status = 404
    elif isinstance(error, InvalidCursor):
        status = 400
    else:
        status = 409
    return JSONResponse({"detail": str(error)}, status_code=status)


@app.post("/tickets", status_code=201, responses={409: {"description": AlreadyExists.__doc__}})
async def create(ticket: Annotated[Ticket, Body()], tickets: Tickets) -> Ticket:
    await tickets.create(ticket)
    return ticket


@app.get("/tickets/{number}")
async def read(number: int, tickets: Tickets) -> Ticket:
    return await tickets.get(number)


@app.post("/tickets/{number}/close")
async def close(number: int, tickets: Tickets) -> Ticket:
    return await tickets.update(
        number, Ticket.state.set("closed"), condition=Ticket.state == "open"
    )


@app.get("/tickets")
async def page(
    tickets: Tickets,
    state: str = "open",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: str | None = None,
) -> TicketPage:
    found = await tickets.page(Ticket.by_state, state, limit=limit, after=after)
    return TicketPage(items=list(found.items), next=found.next)
