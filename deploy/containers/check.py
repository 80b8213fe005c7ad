#!/usr/bin/env python3
"""Runs the whole system in containers on the sample newsroom and looks whether it does what it should.

Called by check.sh, which provides the engine and the images (in the file that --env-file names). One line per check.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from engine import CheckError, System, run, service_of, wait_for

SERVICES = ("ingest", "rates", "search", "gateway")
TICKER = [
    "KGS/USD = 0.01190 0%",
    "KZT/USD = 0.00211 0%",
    "TJS/USD = 0.09438 0.21%",
    "UZS/USD = 0.00008 0%",
]
RESULTS = "Viewing results 1 - 6 of 248"
QUESTIONS = (
    "feed",
    "feed?q=taliban&page=2",
    "search?q=taliban&sort=relevance",
    "search?language=ru&page_size=20",
    "search?q=zzzz",
    "rates",
)
ANSWER_S = 10
STOP_S = 25


def main() -> int:
    """Run all checks; the first that fails ends them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", required=True)
    parser.add_argument("--env-file", required=True, type=Path)
    parser.add_argument("--prometheus-port", required=True, type=int)
    given = parser.parse_args()
    system = System(given.project, given.env_file)
    try:
        check_images(system)
        check_start(system)
        check_scaled(system)
        check_prometheus(system, given.prometheus_port)
        check_stop(system)
    except (CheckError, subprocess.SubprocessError, OSError, ValueError) as error:
        say("FAIL", str(error))
        sys.stderr.write(system.last_words())
        return 1
    return 0


def check_images(system: System) -> None:
    """Each image holds its own service and nothing of the others, and does not run as root."""
    with timed("the images are built"):
        system.compose("build", *SERVICES, "newsroom", bound_s=900)
    for service in SERVICES:
        others = [other for other in (*SERVICES, "silkwire") if other != service]
        look = (
            "import importlib.util as u, json, os; print(json.dumps([os.getuid(),"
            f" u.find_spec({service!r}) is not None, [o for o in {others!r} if u.find_spec(o)]]))"
        )
        told = run("docker", "run", "--rm", "--entrypoint", "python", f"silkwire/{service}:dev", "-c", look)
        uid, own, foreign = json.loads(told)
        need(uid != 0 and own and not foreign, f"{service}: uid {uid}, own code {own}, foreign {foreign}")
    say("ok", "each image holds its own service only, and none runs as root")


def check_start(system: System) -> None:
    """All healthy, the sample on the page, and one port open to this machine."""
    with timed("compose up: all healthy"):
        system.compose("up", "--detach", bound_s=300)
        system.wait_healthy(SERVICES, 1)
    with timed(f"the page shows the sample: {RESULTS}, {len(TICKER)} rates"):
        [address] = system.gateways()
        wait_for(lambda: sample_shows(address), 120)
    published = {service_of(one): one["HostConfig"]["PortBindings"] for one in system.containers()}
    reached = {service: ports for service, ports in published.items() if ports}
    need(set(reached) == {"gateway"}, f"reached from this machine: {sorted(reached)}")
    hosts = {place["HostIp"] for places in reached["gateway"].values() for place in places}
    need(hosts == {"127.0.0.1"}, f"the gateway listens on {sorted(hosts)}")
    say("ok", "only the gateway is reached from this machine, on 127.0.0.1")


def check_scaled(system: System) -> None:
    """Two of each answer alike, and nothing is said or kept twice."""
    with timed("two replicas of each service: all healthy"):
        scales = [word for service in SERVICES for word in ("--scale", f"{service}=2")]
        system.compose("up", "--detach", "--no-recreate", *scales, bound_s=300)
        system.wait_healthy(SERVICES, 2)
    first, second = system.gateways()
    for question in QUESTIONS:
        wait_for(partial(alike, first, second, question), 30)
    say("ok", f"both gateways answer {len(QUESTIONS)} questions alike")
    entries, total = everything(second)
    for what in ("id", "url"):
        different = len({entry[what] for entry in entries})
        need(
            different == len(entries) == total,
            f"{total} counted, {len(entries)} listed, {different} by {what}",
        )
    say("ok", f"{total} articles, none twice by id or address")
    once(system, total)
    no_dead_letters(system)


def once(system: System, total: int) -> None:
    """Nothing was published twice, as a reader of the live stream hears it."""
    script = Path(__file__).with_name("heard.py").read_text(encoding="utf-8")
    told = json.loads(system.execute("gateway", "python", "-c", script))
    need(not told["twice"], f"said twice: {told['twice'][:5]}")
    need(told["articles"] >= total, f"{told['articles']} articles announced, {total} found")
    need(told["fixings"] >= len(TICKER), f"{told['fixings']} fixings")
    say("ok", f"{told['fixings']} fixings, one a session; {told['articles']} articles announced, none twice")


def no_dead_letters(system: System) -> None:
    """Every dead-letter queue is there and empty."""
    told = system.execute("rabbitmq", "rabbitmqctl", "--quiet", "list_queues", "name", "messages")
    depths = dict(line.split() for line in told.splitlines() if ".dead" in line)
    need(bool(depths) and set(depths.values()) == {"0"}, f"dead letters: {depths or told}")
    say("ok", f"no dead letters in {', '.join(depths)}")


def check_prometheus(system: System, port: int) -> None:
    """A real Prometheus with our configuration finds every replica, and its alerts are quiet."""
    with timed("Prometheus scrapes two replicas of each service and the broker"):
        system.compose(
            "--profile", "observability", "up", "--detach", "--no-recreate", "--no-deps", "prometheus"
        )
        address = f"http://127.0.0.1:{port}/api/v1"
        wait_for(lambda: targets_up(address), 90)
    alerts = ask(f"{address}/alerts")["data"]["alerts"]
    firing = [alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"]
    need(not firing, f"alerts: {firing}")
    say("ok", "no alert fires")


def check_stop(system: System) -> None:
    """Each replica finishes its work and ends with exit code 0."""
    with timed(f"every service stops with exit code 0 within {STOP_S} s"):
        system.compose("stop", "--timeout", str(STOP_S), *SERVICES)
        codes = {one["Name"]: one["State"]["ExitCode"] for one in system.of(*SERVICES)}
        need(not any(codes.values()), f"exit codes: {codes}")


def sample_shows(address: str) -> str:
    """Return what is still missing from the page of the sample; nothing once it is whole."""
    feed = ask(f"{address}/api/v1/feed?q=taliban")
    lines, text = [entry["text"] for entry in feed["ticker"]], feed["results"]["text"]
    return "" if lines == TICKER and text == RESULTS else f"{text}; {lines}"


def alike(first: str, second: str, question: str) -> str:
    """Return how the answers of two gateways differ, the moment of asking aside."""
    answers = [ask(f"{address}/api/v1/{question}") for address in (first, second)]
    for answer in answers:
        answer.pop("as_of", None)
    return (
        "" if answers[0] == answers[1] else f"{question}: the gateways answer differently: {answers}"[:2000]
    )


def everything(address: str) -> tuple[list[dict[str, Any]], int]:
    """Page through all articles by cursor; the total is that of the first page, as later arrivals come before it."""
    entries: list[dict[str, Any]] = []
    query, total = {"page_size": "100"}, 0
    while True:
        answer = ask(f"{address}/api/v1/search?{urllib.parse.urlencode(query)}")
        total = total or int(answer["results"]["total"])
        entries += answer["articles"]
        cursor = answer["results"]["next_cursor"]
        if cursor is None:
            return entries, total
        query["cursor"] = cursor


def targets_up(address: str) -> str:
    """Return which targets of Prometheus are not up yet."""
    targets = ask(f"{address}/targets")["data"]["activeTargets"]
    up = [target["labels"]["job"] for target in targets if target["health"] == "up"]
    wanted = sorted([*SERVICES, *SERVICES, "rabbitmq"])
    return "" if sorted(up) == wanted else f"up: {sorted(up)}"


def ask(address: str) -> Any:
    """Return the JSON that an address answers with; a proxy that the environment names has no part in it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=ANSWER_S) as answer:
        return json.load(answer)


def need(holds: bool, otherwise: str) -> None:
    """Raise what is wrong unless the condition holds."""
    if not holds:
        raise CheckError(otherwise)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say that a step went well, and how long it took."""
    began = time.monotonic()
    yield
    say("ok", f"{what} ({time.monotonic() - began:.0f} s)")


def say(outcome: str, what: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{outcome}  {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
