#!/usr/bin/env python3
"""Tells the container engine how the service in this container is: exit code 0 when the path asked answers 200.

Without an argument it asks /livez, which is about the process and never about its dependencies, because an engine
may restart what is unhealthy. Compose asks /readyz, so that what depends on a service waits until it can work.
"""

import http.client
import os
import sys
from http import HTTPStatus

ANSWER_S = 4


def ops_port() -> int:
    """The port of health and metrics: 100 above the service's own."""
    return int(os.environ[f"{os.environ['SERVICE'].upper()}_PORT"]) + 100


def main() -> int:
    """Ask once, say what was answered (the engine keeps the last few lines)."""
    path = sys.argv[1] if len(sys.argv) > 1 else "/livez"
    connection = http.client.HTTPConnection("127.0.0.1", ops_port(), timeout=ANSWER_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(500).decode(errors="replace")
    except OSError as error:
        sys.stdout.write(f"{path}: {error}\n")
        return 1
    sys.stdout.write(f"{path}: {answer.status} {body}\n")
    return 0 if answer.status == HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
