"""Connections over TLS: whom they trust, what they resume, and how they end."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from tests.dynamodb.http.certificates import Certificate
from tests.dynamodb.http.origin import (
    EMPTY,
    Origin,
    Wire,
    exchange,
    origin,
    pool_to,
    render,
    serve,
)

from anydynamo.adapters.dynamodb.http import Lost, NotSent, Pool

BODY = b'{"Item": {}}'
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"))


def resumed(server: ssl.SSLContext) -> int:
    return server.session_stats()["hits"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_further_connection_resumes_the_session_of_an_earlier_one(
    certificate: Certificate, version: ssl.TLSVersion
) -> None:
    server = certificate.server()
    server.minimum_version = server.maximum_version = version
    context = certificate.client()
    async with origin(serve(), tls=server) as seen:
        for _ in range(4):
            async with pool_to(seen, tls=context) as pool:
                assert await exchange(pool) == (200, BODY)
                assert await exchange(pool) == (200, BODY)
        assert seen.connections == 4
    assert resumed(server) == 3


async def test_a_server_without_tickets_gets_whole_handshakes(certificate: Certificate) -> None:
    server = certificate.server()
    server.num_tickets = 0
    context = certificate.client()
    async with origin(serve(), tls=server) as seen:
        for _ in range(2):
            async with pool_to(seen, tls=context) as pool:
                assert await exchange(pool) == (200, BODY)
    assert resumed(server) == 0


async def test_a_context_that_resumes_nothing_will_do(certificate: Certificate) -> None:
    context = ssl.create_default_context(cafile=str(certificate.path))
    async with (
        origin(serve(), tls=certificate.server()) as seen,
        pool_to(seen, tls=context) as pool,
    ):
        assert await exchange(pool) == (200, BODY)
        assert await exchange(pool) == (200, BODY)
        assert seen.connections == 1


@pytest.mark.parametrize("version", VERSIONS)
async def test_many_exchanges_share_few_connections(
    certificate: Certificate, version: ssl.TLSVersion
) -> None:
    server = certificate.server()
    server.minimum_version = server.maximum_version = version
    large = render(bytes(300_000))
    async with (
        origin(serve(large), tls=server) as seen,
        pool_to(seen, tls=certificate.client()) as pool,
    ):
        answers = await asyncio.gather(*[exchange(pool) for _ in range(30)])
        assert answers == [(200, bytes(300_000))] * 30
        assert seen.connections == 2


async def test_a_certificate_that_is_not_trusted_is_not_sent_to(
    certificate: Certificate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Certificate(tmp_path_factory.mktemp("stranger"))
    async with origin(serve(), tls=stranger.server()) as seen:
        async with pool_to(seen, tls=certificate.client()) as pool:
            with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED") as caught:
                await exchange(pool)
            assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
            assert pool.counters == EMPTY
        assert seen.requests == []


async def test_a_certificate_for_another_address_is_not_sent_to(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    other = Certificate(tmp_path_factory.mktemp("other"), address="127.0.0.2")
    async with origin(serve(), tls=other.server()) as seen:
        async with pool_to(seen, tls=other.client()) as pool:
            with pytest.raises(NotSent, match="IP address mismatch"):
                await exchange(pool)
        assert seen.requests == []


async def test_a_server_that_does_not_speak_tls_is_not_sent_to(certificate: Certificate) -> None:
    async def treat(wire: Wire, seen: Origin) -> None:
        wire.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await wire.until_closed()

    async with origin(treat) as seen, pool_to(seen, tls=certificate.client()) as pool:
        with pytest.raises(NotSent, match="Cannot connect"):
            await exchange(pool)


async def test_a_handshake_that_takes_too_long_is_a_connection_that_does(
    certificate: Certificate,
) -> None:
    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.until_closed()

    async with origin(treat) as seen:
        pool = Pool(
            "127.0.0.1",
            seen.port,
            tls=certificate.client(),
            limit=1,
            connect_timeout=0.05,
            idle=60,
        )
        with pytest.raises(NotSent) as caught:
            await exchange(pool)
        assert caught.value.reason == "timeout"
        await seen.ended.wait()
        await pool.close()
        assert pool.counters == EMPTY


@pytest.mark.parametrize("end", ["reset", "closed"])
async def test_an_answer_that_breaks_off_is_lost(certificate: Certificate, end: str) -> None:
    position = 0
    whole = render()

    async def treat(wire: Wire, seen: Origin) -> None:
        await wire.request()
        wire.write(whole[:position])
        await wire.flush()
        if end == "reset":
            wire.reset()

    async with (
        origin(treat, tls=certificate.server()) as seen,
        pool_to(seen, tls=certificate.client()) as pool,
    ):
        for position in range(0, len(whole), 7):  # noqa: B007 (what the server does reads it)
            with pytest.raises(Lost):
                await exchange(pool)
            assert pool.counters.busy == pool.counters.idle == 0


async def test_cancellation_after_any_number_of_turns_leaves_nothing(
    certificate: Certificate,
) -> None:
    async with (
        origin(serve(), tls=certificate.server()) as seen,
        pool_to(seen, tls=certificate.client(), limit=1) as pool,
    ):
        for turns in range(0, 40, 3):
            call = asyncio.ensure_future(exchange(pool))
            for _ in range(turns):
                await asyncio.sleep(0)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            assert await exchange(pool) == (200, BODY)
            assert pool.counters.waiting == pool.counters.busy == 0


async def test_closing_while_shaking_hands_leaves_nothing(certificate: Certificate) -> None:
    async with origin(serve(), tls=certificate.server()) as seen:
        for turns in range(0, 30, 3):
            async with pool_to(seen, tls=certificate.client()) as pool:
                call = asyncio.ensure_future(exchange(pool))
                for _ in range(turns):
                    await asyncio.sleep(0)
                await pool.close()
                await asyncio.gather(call, return_exceptions=True)
