"""A backfill by the real service from banks on a local port, killed half-way: what is stored is not asked again."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from rates.domain.archives import ARCHIVES, labels
from rates.domain.banks import BANKS, Bank
from shared.testing.eventually import eventually
from silkwire.backing.ports import free_port
from tests.faults.processes import Service
from tests.suites import rates_documents as documents
from tests.suites.rates_bank_server import BankServer, bank_server
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT

FIRST, LAST = date(2026, 1, 12), date(2026, 3, 20)
MISSING = date(2026, 1, 16)
HOLIDAYS = frozenset({MISSING, date(2026, 3, 10)})
"""Labels for which CBU has nothing: of a Thursday, when it should have worked, and of Women's Day, moved to Monday."""

TOKEN = "a-token-for-this-test"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}


def number(bank: Bank, label_on: date) -> str:
    """What a bank printed for a day; every day another number."""
    start, digits = {NBK: ("478.77", 2), NBKR: ("87.4500", 4), NBT: ("9.3450", 4), CBU: ("12142.10", 2)}[bank]
    whole, _, fraction = start.partition(".")
    return f"{whole}.{(int(fraction) + label_on.toordinal()) % 10**digits:0{digits}d}"


def fill(server: BankServer) -> None:
    """Put every archive's documents behind the addresses that a backfill of the range may ask for."""
    for bank in BANKS:
        days = labels(bank, ARCHIVES[bank.id], FIRST, LAST).values()
        rows = [(day, number(bank, day)) for day in days]
        whole = ARCHIVES[bank.id].ask(min(days), max(days)).path
        if bank is NBKR:
            server.put(whole, documents.nbkr_history(*[(day, text.replace(".", ",")) for day, text in rows]))
        elif bank is NBT:
            server.put(whole, documents.nbt_range(*rows))
        for day, text in rows:
            if bank is NBK:
                server.put(NBK.archived(day).path, documents.nbk(day, text).replace(b"3.91", text.encode()))
            elif bank is CBU:
                empty = day in HOLIDAYS
                server.put(
                    CBU.archived(day).path,
                    documents.CBU_NO_DATA if empty else documents.cbu(day, text, rub=text),
                )


@pytest.fixture
async def banks() -> AsyncIterator[BankServer]:
    """All four banks on one port."""
    async with bank_server() as server:
        fill(server)
        yield server


@pytest.fixture
async def rates(
    banks: BankServer,
    amqp_url: str,
    mongodb_uri: str,
    database_name: str,
    tmp_path: Path,
) -> AsyncIterator[Service]:
    """The service as a process of its own."""
    port = free_port(100)
    service = Service(
        "rates",
        "rates",
        port,
        {
            "AMQP_URL": amqp_url,
            "MONGODB_URI": mongodb_uri,
            "RATES_MONGODB_DATABASE": database_name,
            "RATES_HOST": "127.0.0.1",
            "RATES_PORT": str(port),
            "RATES_ADMIN_TOKEN": TOKEN,
            "RATES_BACKFILL_PACE_S": "0.05",
            "RATES_FETCH_TIMEOUT_S": "2",
            **{f"RATES_{bank.id}_URL": banks.address for bank in BANKS},
        },
        tmp_path,
    )
    await service.start()
    await service.ready()
    yield service
    await service.stop()
    await service.close()


def asked_of_archives(banks: BankServer) -> Counter[str]:
    """How often each document of the past was asked for."""
    today = datetime.now(UTC).date()
    # Which day it is for a bank depends on where it is.
    days = [today + timedelta(days=off) for off in (-1, 0, 1)]
    latest = {ask.path for bank in BANKS for day in days for ask in bank.latest(day)}
    return Counter(path for path in banks.asked if path not in latest)


async def state(client: httpx2.AsyncClient) -> dict[str, Any]:
    """Every bank's backfill."""
    answer = await client.get("/v1/backfills", headers=ADMIN)
    return {entry["bank"]: entry for entry in answer.json()["backfills"]}


def done(client: httpx2.AsyncClient) -> Callable[[], Any]:
    """A probe for `eventually`."""

    async def probe() -> bool:
        found = await state(client)
        return bool(found) and all(entry["state"] == "done" for entry in found.values())

    return probe


async def test_a_backfill_killed_half_way_goes_on_where_it_was(rates: Service, banks: BankServer) -> None:
    """Banks bear with a patient guest, not with one who asks for the same eleven years again after every crash."""
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{rates.port}", timeout=10) as client:
        wanted = {"first_on": FIRST.isoformat(), "last_on": LAST.isoformat()}
        begun = await client.post("/v1/backfills", json=wanted, headers=ADMIN)
        assert (begun.status_code, len(begun.json()["backfills"])) == (202, 4)

        async def half_way() -> bool:
            return sum("get_rates" in path for path in asked_of_archives(banks)) >= 20

        await eventually(half_way, within_s=60)
        await rates.kill()
        before = asked_of_archives(banks)
        assert sum("get_rates" in path for path in before) < 45
        await rates.start()
        await rates.ready()
        await eventually(done(client), within_s=90, every_s=0.5)

        twice = [path for path, times in asked_of_archives(banks).items() if times > 1]
        assert len(twice) <= len(BANKS), "only the request that each bank had in hand was made again"
        found = await state(client)
        assert {entry["sessions_left"] for entry in found.values()} == {0}
        assert (found["CBU"]["empty"], found["NBK"]["empty"], found["CBU"]["left_out"]) == (2, 0, 0)
        await nothing_is_missing(client)

        asked = banks.asked.copy()
        await client.post("/v1/backfills", json=wanted, headers=ADMIN)
        await eventually(done(client), within_s=30, every_s=0.5)
        again = banks.asked[len(asked) :]
        assert [path for path in again if path in asked_of_archives(banks)] == [CBU.archived(MISSING).path], (
            "nothing is asked for again, holidays included, but what a working day should have had"
        )


async def nothing_is_missing(client: httpx2.AsyncClient) -> None:
    """Every session is in the history, with the number that its bank printed."""
    for bank in BANKS:
        answer = await client.get(f"/v1/rates/USD/{bank.money}/history?after={FIRST}&before={LAST}")
        expected = {
            session.isoformat(): Decimal(number(bank, label))
            for session, label in labels(bank, ARCHIVES[bank.id], FIRST, LAST).items()
            if not (bank is CBU and label in HOLIDAYS)
        }
        assert {row["session_on"]: Decimal(row["exact_value"]) for row in answer.json()["rows"]} == expected


async def test_nobody_begins_a_backfill_without_the_token(rates: Service) -> None:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{rates.port}", timeout=10) as client:
        answer = await client.post("/v1/backfills", json={"first_on": "2026-01-05"})
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:silkwire:problem:token-wrong")
        wrong = await client.post(
            "/v1/backfills", json={"first_on": "2026-01-05", "bank": "XYZ"}, headers=ADMIN
        )
        assert (wrong.status_code, wrong.json()["errors"][0]["name"]) == (422, "bank")
        back = {"first_on": "2026-01-05", "last_on": "2026-01-04"}
        wrong = await client.post("/v1/backfills", json=back, headers=ADMIN)
        assert (wrong.status_code, wrong.json()["errors"][0]["name"]) == (422, "last_on")
