#!/usr/bin/env python3
"""Makes the replica set of one node and its users, on a mongod that asks for passwords; safe to run again.

Each service gets a user of its own that sees only its own database, so that a mistake in one cannot reach another's.
The command line's user (`silkwire`) sees all three.
"""

import os
import sys
import threading
import time
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

# Shares mongod's network: only from there may the first user be made without a password.
ADDRESS = "mongodb://127.0.0.1:27017/?directConnection=true"
MEMBER = os.environ.get("MONGO_MEMBER", "mongo:27017")
DATABASES = {"ingest": "silkwire_ingest", "rates": "silkwire_rates", "search": "silkwire_search"}
WAIT_S = 60
AUTHENTICATION_FAILED = 18
ALREADY_INITIATED = 23
NEEDS_PASSWORD = 13

Client = MongoClient[dict[str, Any]]


def main() -> int:
    """Make what is missing."""
    root, password = os.environ["MONGO_ROOT_PASSWORD"], os.environ["MONGO_PASSWORD"]
    stranger: Client = MongoClient(ADDRESS, serverSelectionTimeoutMS=WAIT_S * 1000)
    with stranger:
        initiate(stranger)
        wait_for_primary(stranger)
        if not knows_root(root):
            make_root(stranger, root)
    owner: Client = MongoClient(ADDRESS, username="root", password=root)
    with owner:
        for name, database in DATABASES.items():
            give(owner, name, password, [database])
        give(owner, "silkwire", password, list(DATABASES.values()))
    sys.stdout.write(f"replica set rs0 on {MEMBER}, users: {', '.join([*DATABASES, 'silkwire'])}\n")
    return 0


def initiate(client: Client) -> None:
    """Make the replica set unless it is there."""
    try:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": MEMBER}]})
    except OperationFailure as error:
        if error.code not in {ALREADY_INITIATED, NEEDS_PASSWORD}:
            raise


def wait_for_primary(client: Client) -> None:
    """Return once the only node has elected itself."""
    until, pause = time.monotonic() + WAIT_S, threading.Event()
    while time.monotonic() < until:
        try:
            if client.admin.command("hello").get("isWritablePrimary"):
                return
        except PyMongoError as error:
            sys.stdout.write(f"waiting: {error}\n")
        pause.wait(0.2)
    sys.exit(f"rs0 has no primary after {WAIT_S} s")


def knows_root(password: str) -> bool:
    """Tell whether this first user, with this password, is there."""
    client: Client = MongoClient(ADDRESS, username="root", password=password)
    try:
        with client:
            client.admin.command("ping")
    except OperationFailure as error:
        if error.code == AUTHENTICATION_FAILED:
            return False
        raise
    return True


def make_root(client: Client, password: str) -> None:
    """Make the first user, which mongod allows without a password while there is none."""
    try:
        client.admin.command("createUser", "root", pwd=password, roles=["root"])
    except OperationFailure as error:
        if error.code == NEEDS_PASSWORD:
            sys.exit("MONGO_ROOT_PASSWORD is not the one that this volume was made with")
        raise


def give(client: Client, name: str, password: str, databases: list[str]) -> None:
    """Make a user of these databases, or set its password and roles again."""
    roles = [{"role": "readWrite", "db": database} for database in databases]
    known = client.admin.command("usersInfo", name)["users"]
    client.admin.command("updateUser" if known else "createUser", name, pwd=password, roles=roles)


if __name__ == "__main__":
    sys.exit(main())
