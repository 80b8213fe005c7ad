"""Ports are given out once, to whichever process asks."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from silkwire.backing import ports

# Twenty ports that no other run of these tests asks for.
FEW = range(first := 12_000 + os.getpid() % 390 * 20, first + 20)
ASK = f"""
import sys
from silkwire.backing import ports
from silkwire.errors import StartError
ports.PORTS = range({FEW.start}, {FEW.stop})
try:
    print(*(ports.free_port(*map(int, sys.argv[2:])) for _ in range(int(sys.argv[1]))), flush=True)
except StartError as error:
    print(error, flush=True)
sys.stdin.read()
"""
Ask = Callable[..., str]


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    with ExitStack() as alive:
        yield alive


@pytest.fixture
def ask(processes: ExitStack) -> Ask:
    """Have a process ask for so many of the few ports, with those beside; it lives on. Return what it was told."""

    def one(count: int, *beside: int) -> str:
        words = [sys.executable, "-c", ASK, *map(str, (count, *beside))]
        asking = processes.enter_context(
            subprocess.Popen(  # noqa: S603  our own interpreter and our own text
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
        assert asking.stdout is not None
        return asking.stdout.readline()

    return one


def test_no_two_processes_are_given_the_same_port_while_both_live(ask: Ask, processes: ExitStack) -> None:
    given = [int(port) for told in (ask(15), ask(5)) for port in told.split()]
    assert sorted(given) == list(FEW)
    assert "No TCP port" in ask(1)
    processes.close()
    assert int(ask(1)) in FEW


def test_ports_beside_one_that_is_given_are_not_given_either(ask: Ask) -> None:
    first, second = (int(port) for port in ask(2, 10).split())
    gone = {first, second, first + 10, second + 10}
    assert len(gone) == 4
    left = set(FEW) - gone
    assert {int(port) for port in ask(len(left)).split()} == left
    assert "No TCP port" in ask(1)


def test_a_port_that_somebody_listens_on_is_not_given(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", FEW[7])):
        assert str(FEW[7]) not in ask(19)
        assert "No TCP port" in ask(1)


def test_a_server_can_listen_on_the_port_that_was_given() -> None:
    with socket.create_server(("127.0.0.1", port := ports.free_port())):
        assert not ports.is_free(port)


def test_a_process_that_asks_for_hundreds_of_ports_does_not_run_out_of_files() -> None:
    asking = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200));"
        "from silkwire.backing import ports; print(*(ports.free_port(100) for _ in range(300)))"
    )
    told = subprocess.run(  # noqa: S603  our own interpreter and our own text
        [sys.executable, "-c", asking], capture_output=True, text=True, check=True
    )
    assert len(told.stdout.split()) == 300
