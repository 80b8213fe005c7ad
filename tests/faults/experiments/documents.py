"""Documents that attack whoever reads them: entities, depth, width, files and addresses named in XML (E26)."""

import asyncio
import gzip
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from shared.testing.eventually import eventually
from shared.web.server import serve
from silkwire.backing.ports import free_port
from tests.faults.catalogue import experiment
from tests.faults.oracle import Served
from tests.faults.origin import Origin, digest_of
from tests.faults.processes import Service
from tests.faults.report import Figure, Result
from tests.faults.rig import Plan, rigged
from tests.faults.servers import rss_bytes

MIB = 1024 * 1024
ITEM, TITLE, TEXT = "benign", "An article with café in it", "Its text has names of characters: café."
GOOD = "ok"
NESTED, WIDE = 1_000_000, 1_000_000
ATTRIBUTE_BYTES = 100 * MIB


def _rss(item: str, doctype: str = "") -> bytes:
    space = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
    return f'<?xml version="1.0"?>{doctype}<rss version="2.0" {space}><channel><item>{item}</item></channel></rss>'.encode()


def _laughs() -> bytes:
    rows = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _rss("<title>&l9;</title>", f'<!DOCTYPE rss [<!ENTITY l0 "lol">{rows}]>')


def documents(secret: Path, spy: str) -> dict[str, tuple[bytes, tuple[str, ...]]]:
    """Return each document by its name, with the outcomes that are right for it.

    Args:
        secret: a file that nobody may open.
        spy: an address that nobody may ask.
    """
    unsafe = ("unsafe_xml",)
    inside = f"<xi:include href='{spy}' parse='text'/><xi:include href='file://{secret}' parse='text'/>"
    benign = (
        f"<title>{TITLE.replace('é', '&eacute;')}</title><link>https://outlet-benign.example/items/{ITEM}</link>"
        f"<description>{TEXT.replace('é', '&eacute;')}</description>"
    )
    wide = " ".join(f"a{number}=''" for number in range(WIDE))
    sheet = f'<?xml-stylesheet type="text/xsl" href="{spy}"?><!DOCTYPE rss SYSTEM "{spy}">'
    return {
        "laughs": (_laughs(), unsafe),
        "quadratic": (_rss(f"<title>{'&a;' * 50_000}</title>", f'<!DOCTYPE rss [<!ENTITY a "{"x" * 50_000}">]>'), unsafe),
        "file": (_rss("<title>&a;</title>", f'<!DOCTYPE rss [<!ENTITY a SYSTEM "file://{secret}">]>'), unsafe),
        "address": (_rss("<title>&a;</title>", f'<!DOCTYPE rss [<!ENTITY a SYSTEM "{spy}">]>'), unsafe),
        "parameter": (_rss("<title>x</title>", f'<!DOCTYPE rss [<!ENTITY % a SYSTEM "{spy}"> %a;]>'), unsafe),
        "include": (_rss(inside, sheet), (GOOD,)),
        "attribute": (b"", ("too_large",)),
        "nested": (_rss("<a>" * NESTED + "</a>" * NESTED), ("parse_timeout", "parse_memory")),
        "wide": (_rss(f"<a {wide}/>"), ("parse_timeout", "parse_memory")),
        "benign": (_rss(benign, '<!DOCTYPE rss [<!ENTITY eacute "&#233;"><!ENTITY nbsp "&#160;">]>'), (GOOD,)),
    }  # fmt: skip


class Attacker:
    """Serves plain feeds until it is told to attack; counts who came to its own address from within a document."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.secret = folder / "secret"
        os.mkfifo(self.secret)  # whoever opens it to read waits there, and can be seen
        self.spied = 0
        self.attacks = False
        self.documents = documents(self.secret, self.url("spy"))
        self._packed = {name: gzip.compress(body, 6) for name, (body, _) in self.documents.items()}

    def url(self, name: str) -> str:
        """Return the address of a document."""
        return f"http://127.0.0.1:{self.port}/{name}"

    def opml(self, others: str) -> str:
        """Return a list of sources with the attackers added."""
        rows = "\n".join(
            f'<outline type="rss" id="{name}" text="{name}" outlet="outlet-{name}.example" language="en" rights="full" '
            f'xmlUrl="{self.url(name)}"/>'
            for name in self.documents
        )
        return others.replace("</body>", f"{rows}</body>")

    async def open(self, opened: AsyncExitStack) -> None:
        """Serve until `opened` is closed."""
        stop = asyncio.Event()
        app = Starlette(routes=[Route("/{name}", self._answer)])
        serving = asyncio.create_task(serve(app, "127.0.0.1", self.port, stop, drain_s=1))

        async def close() -> None:
            stop.set()
            await asyncio.gather(serving, return_exceptions=True)

        opened.push_async_callback(close)

    async def _answer(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.documents:
            self.spied += 1
            return Response(b"secret")
        if not self.attacks:
            return Response(_rss(""), media_type="application/rss+xml")
        if name == "attribute":
            return StreamingResponse(_attribute(), media_type="application/rss+xml")
        # Compressed, since a few megabytes are all that is taken from the wire.
        headers = {"Content-Encoding": "gzip"}
        return Response(self._packed[name], media_type="application/rss+xml", headers=headers)

    def opened_secrets(self) -> int:
        """Return 1 when somebody has the secret open: only then can it be opened for writing at once."""
        with suppress(OSError):
            os.close(os.open(self.secret, os.O_WRONLY | os.O_NONBLOCK))
            return 1
        return 0


def _attribute() -> Iterator[bytes]:
    yield b'<rss version="2.0"><channel><item a="'
    for _ in range(ATTRIBUTE_BYTES // MIB):
        yield b"x" * MIB
    yield b'"/></channel></rss>'


def _polls(service: Service, name: str, *, after: int) -> list[Mapping[str, object]]:
    """Return how polls of a source came out, those before the attack left out."""
    lines = (json.loads(line) for line in service.lines("source_updated")[after:])
    return [one for one in lines if one.get("source") == name]


@experiment(
    "E26",
    "XML attacks: entities, files and addresses, 100 MB attribute, a million levels",
    quick=False,
    limit_s=200,
)
async def xml_attacks(plan: Plan) -> Result:
    """Ten documents beside usual feeds: nothing is opened, each is done with in time, the usual and the benign ones arrive."""
    origin = Origin(feeds=8)
    async with rigged(plan) as rig, AsyncExitStack() as opened:
        attacker = Attacker(plan.folder)
        await origin.open(opened)
        await attacker.open(opened)
        origin.publish(plan.size(400, 80))
        settings = rig.feed(origin)
        sources = Path(settings["INGEST_SOURCES"])
        sources.write_text(attacker.opml(origin.opml()), encoding="utf-8")
        await rig.up("search")
        ingest = rig.add("ingest", settings=settings)
        await ingest.start()
        await rig.settled(origin.everything)
        plan.say("attacking")
        before, polled = rss_bytes(ingest.pid), len(ingest.lines("source_updated"))
        attacker.attacks = True
        origin.publish(plan.size(400, 80))
        served = origin.everything() | {ITEM: Served(1, digest_of(TITLE, TEXT))}

        async def all_read() -> bool:
            return all(
                _outcome(ingest, name, polled, right) for name, (_, right) in attacker.documents.items()
            )

        with suppress(AssertionError):
            await eventually(all_read, within_s=60, every_s=0.3)
        spied = attacker.spied + attacker.opened_secrets()
        await rig.settled(lambda: served)
        grown = rss_bytes(ingest.pid) - before
        right = sum(_outcome(ingest, name, polled, right) for name, (_, right) in attacker.documents.items())
        seconds = [
            float(str(one["seconds"]))
            for name in attacker.documents
            for one in _polls(ingest, name, after=polled)
        ]
        await ingest.stop()
        return await rig.result(
            served,
            Figure("documents with their right outcome", right, at_least=len(attacker.documents)),
            Figure("files and addresses opened", spied, at_most=0),
            Figure(
                "longest poll of an attacker, fetching included",
                max(seconds, default=99),
                "s",
                at_most=6,
            ),
            Figure("memory of ingest grew", grown / MIB, "MiB", at_most=20),
        )


def _outcome(service: Service, name: str, after: int, right: tuple[str, ...]) -> bool:
    """Whether the last poll of a source since the attack came to what is right."""
    polls = [
        one
        for one in _polls(service, name, after=after)
        if one["outcome"] not in {"unchanged", "not_modified"}
    ]
    return bool(polls) and (polls[-1].get("reason") or GOOD) in right
