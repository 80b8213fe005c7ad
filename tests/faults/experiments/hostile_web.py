"""Feeds that lead to our own machines: redirects and names, in every notation (E22, E23)."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress

from ingest.adapters.getaddrinfo_names import GetaddrinfoNames
from ingest.domain.fetching.outcomes import Reason
from ingest.pipeline.threads import BackgroundThreads
from tests.faults.catalogue import experiment
from tests.faults.hostile import PUBLIC, Desk, StandIn, Watch, path_of, served
from tests.faults.oracle import Tally
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan
from tests.suites.ingest_fakes import rss

HOSTS = {
    "news.example": (PUBLIC,),
    "inside.example": ("10.0.0.5",),
    "mixed.example": (PUBLIC, "127.0.0.1"),
    "mapped.example": ("::ffff:127.0.0.1",),
}
PLACES = (
    *("169.254.169.254", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8443", "0.0.0.0", "[::]"),
    *("[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[fe80::1]"),
    *(
        "[fc00::1]",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "192.168.1.1",
        "100.64.0.1",
        "localhost",
    ),
    *("news.example@127.0.0.1", "news.example:80@[::1]", "127。0。0。1", "inside.example", "mixed.example"),
)
ADDRESSES = (
    *(f"http://{place}/latest/meta-data/" for place in PLACES),
    *("file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "http://news.example:6379/", "ftp://127.0.0.1/"),
)
"""29 of them: each is tried as a source's own address and as the end of a redirect."""

REFUSED = (Reason.ADDRESS_REFUSED, Reason.BAD_REDIRECT)
VICTIMS = (("127.0.0.1", 8080), ("::1", 8443))
"""Where the addresses above would be answered, were they dialled; in use by somebody else, they are watched all the same."""


class Victims:
    """Servers that nobody may reach."""

    def __init__(self) -> None:
        self.reached = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached += 1
        await path_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
        await writer.drain()

    async def listen(self, opened: AsyncExitStack) -> int:
        """Serve; return a port that works for sure."""
        for host, port in VICTIMS:
            with suppress(OSError):
                await opened.enter_async_context(served(self, host, port))
        return await opened.enter_async_context(served(self))


async def _redirecting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path, _head = await path_of(reader)
    kind, _, number = path.strip("/").partition("/")
    if kind == "to":
        onward = ADDRESSES[int(number)]
    elif kind == "hop":
        onward = f"/hop/{int(number) + 1}" if int(number) < 6 else f"http://{PLACES[1]}/"
    else:
        onward = path
    writer.write(f"HTTP/1.1 302 Found\r\nLocation: {onward}\r\nContent-Length: 0\r\n\r\n".encode())
    await writer.drain()


@experiment(
    "E22",
    "feeds that lead to our own machines: 60 addresses, redirects, schemes, hops",
    limit_s=120,
    alone=True,
)
async def led_inside(plan: Plan) -> Result:
    """Poll sources whose addresses, or whose redirects, lead where no feed can be."""
    plan.say("60 addresses")
    # In a thread with asyncio's own loop: uvloop connects by itself, unseen by the interpreter.
    return await asyncio.to_thread(asyncio.run, _led_inside())


async def _led_inside() -> Result:
    urls = [
        *ADDRESSES,
        *(f"http://news.example/to/{number}" for number in range(len(ADDRESSES))),
        *("http://news.example/hop/0", "http://news.example/circle"),
    ]
    victims = Victims()
    names = GetaddrinfoNames(BackgroundThreads(4).run, hosts=HOSTS)
    async with AsyncExitStack() as opened:
        sure = await victims.listen(opened)
        port = await opened.enter_async_context(served(_redirecting))
        desk = Desk(names, network=StandIn(port), deadline_s=10)
        opened.push_async_callback(desk.close)
        with Watch([port]) as watch:
            await desk.poll(urls)
        reached, dialled = victims.reached, len(watch.seen)
        seen = await _seen_without_guard(names, sure)
    blocked = desk.failed(*REFUSED)
    return Result(
        Tally(len(urls), len(urls) - blocked, dialled, 0, 0),
        0,
        0,
        (
            Figure("connections to an address that is not public, by the audit hook", dialled, at_most=0),
            Figure("connections at listeners inside", reached, at_most=0),
            Figure("refused, by ingest_failures_total", blocked, at_least=60),
            Figure("of them as address_refused", desk.failed(Reason.ADDRESS_REFUSED)),
            Figure("seen by the hook with the guard taken away", seen, at_least=1),
        ),
    )


async def _seen_without_guard(names: GetaddrinfoNames, port: int) -> int:
    """Return how many connections the hook sees where one is made: without that, seeing none would mean nothing."""
    desk = Desk(names, allow_private=True, deadline_s=5)
    with Watch([]) as watch:
        await desk.poll([f"http://127.0.0.1:{port}/"])
    await desk.close()
    return len(watch.seen)


class Rebinding:
    """A name server that answers with a public address and with our own, as it pleases, for no time at all."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  a reproducible adversary
        self._bad = 0
        self.answers = 0
        self._last_good = False

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Answer: public at the first look and private at the second, or both at once."""
        await asyncio.sleep(0)
        self.answers += 1
        inside = self._random.choice(("127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254"))
        if host.startswith("mixed"):
            both = [PUBLIC, inside]
            self._random.shuffle(both)
            return tuple(both)
        self._last_good = not self._last_good
        return (PUBLIC,) if self._last_good else (inside,)


@experiment(
    "E23", "DNS rebinding: a name that is public, then our own, and both at once", limit_s=180, alone=True
)
async def rebound(plan: Plan) -> Result:
    """Poll names that change between two looks; each poll and each redirect looks anew."""
    tries = plan.size(1000, 200)
    plan.say(f"{tries:,} tries")
    return await asyncio.to_thread(asyncio.run, _rebound(tries, plan.seed))


async def _rebound(tries: int, seed: int) -> Result:
    feed = rss([("https://news.example/1", "One")])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every other request by a redirect to the same name, which is looked up again."""
        path, _head = await path_of(reader)
        onward = b"Location: /feed\r\n" if path == "/" else b""
        status = b"302 Found" if onward else b"200 OK"
        head = b"HTTP/1.1 %s\r\n%sConnection: close\r\nContent-Length: %d\r\n\r\n" % (
            status,
            onward,
            len(feed),
        )
        writer.write(head + feed)
        await writer.drain()

    names, victims = Rebinding(seed), Victims()
    async with AsyncExitStack() as opened:
        await victims.listen(opened)
        port = await opened.enter_async_context(served(answer))
        network = StandIn(port)
        desk = Desk(names, network=network, deadline_s=10)
        opened.push_async_callback(desk.close)
        with Watch([port]) as watch:
            await desk.poll(list(_rebinding_urls(tries)))
    inside = len(watch.seen) + victims.reached
    return Result(
        Tally(tries, 0, inside, 0, 0),
        0,
        0,
        (
            Figure("connections inside, by the audit hook and at listeners", inside, at_most=0),
            Figure("other addresses dialled", sum(one != PUBLIC for one in network.dialled), at_most=0),
            Figure("answers of the name server", names.answers, at_least=tries),
            Figure(
                "tries refused as address_refused", desk.failed(Reason.ADDRESS_REFUSED), at_least=tries / 4
            ),
            Figure(
                "connections to the public address, in good moments", len(network.dialled), at_least=tries / 8
            ),
        ),
    )


def _rebinding_urls(tries: int) -> Iterator[str]:
    for number in range(tries):
        kind = "mixed" if number % 4 == 3 else "rebinding"
        path = "" if number % 2 else "feed"
        yield f"http://{kind}-{number}.example/{path}"
