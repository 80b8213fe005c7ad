"""`silkwire articles`: take articles of a running system down, over HTTP."""

import json
import os
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx2
import typer

from shared.contracts.http.withdrawals import WithdrawalAnswer, WithdrawalRequest
from silkwire.admin_token import given_token
from silkwire.errors import StartError
from silkwire.folder import DEFAULT_DATA, Admin, read_admin

TOKEN_KEY = "GATEWAY_ADMIN_TOKEN"  # noqa: S105  a setting's name
"""The setting of the gateway that the command reads too, or the file that `GATEWAY_ADMIN_TOKEN_FILE` names."""

_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
"""The token in a data folder is shown to no other machine."""

_NAME_SYSTEM = (
    "name its data folder: --data DIR (make demo: DATA_DIR)",
    "or name its address: --url http://host:port (or SILKWIRE_URL)",
)

app = typer.Typer(help="The articles of a running system.", no_args_is_help=True)


@app.callback()
def articles() -> None:
    """The articles of a running system."""


@app.command()
def withdraw(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Articles' ids, as in their addresses.")],
    *,
    reason: Annotated[str, typer.Option(help="Why, in a few words; it is kept. No personal data.")],
    url: Annotated[
        str | None,
        typer.Option(
            metavar="http://...",
            help="The gateway's address; else --data, else SILKWIRE_URL.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Data folder of the `silkwire up` that is meant, which keeps its token; else .silkwire.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what is meant and change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, for programs.")] = False,
) -> None:
    """Erase articles everywhere within a minute, for good: text, picture and revisions; they answer 410.

    The token is GATEWAY_ADMIN_TOKEN, or the file that GATEWAY_ADMIN_TOKEN_FILE names, else that in the data folder.

    Each article is told as it is done; all may be asked for again.

    Exit code 1 where one of them is unknown.
    """
    known = read_admin(data or DEFAULT_DATA)
    at = (url or (os.environ.get("SILKWIRE_URL") if data is None else None) or _address(known, data)).rstrip(
        "/"
    )
    kept = known.token if known and urlsplit(at).hostname in _THIS_MACHINE else ""
    shown = given_token(os.environ, TOKEN_KEY) or kept
    request = WithdrawalRequest(reason=reason, dry_run=dry_run)
    unknown = [one for one in dict.fromkeys(ids) if not _one(one, request, at, shown, as_json=as_json)]
    if unknown:
        raise StartError(
            f"No article is known by {', '.join(unknown)}.",
            "an id is the last part of the article's address: /articles/ID",
        )


def _one(article_id: str, request: WithdrawalRequest, url: str, shown: str, *, as_json: bool) -> bool:
    """Withdraw one article and tell of it; False where there is none of this id."""
    answer = post(f"{url}/api/v1/articles/{article_id}/withdraw", request, shown)
    if answer is None:
        return False
    done = WithdrawalAnswer.model_validate(answer)
    print(json.dumps(answer, ensure_ascii=False) if as_json else line(done))
    return True


def line(done: WithdrawalAnswer) -> str:
    """What became of an article, for people."""
    now = "withdrawn" if done.withdrawn else "would be withdrawn"
    word = "was withdrawn before" if done.already else now
    return f"{done.id} {word} (revision {done.rev}) {done.url}"


def post(address: str, request: WithdrawalRequest, shown: str) -> Any:
    """The JSON that `address` answers with; None where it says 404.

    Raises:
        StartError: Nobody answers there, the token is missing or wrong, or the system cannot do it now.
    """
    try:
        response = httpx2.post(
            address,
            json=request.model_dump(),
            headers={"Authorization": f"Bearer {shown}"} if shown else {},
            trust_env=False,
            timeout=10,
        )
    except (httpx2.HTTPError, httpx2.InvalidURL) as err:
        raise StartError(
            f"No running Silkwire answers at {address}.",
            "start one: silkwire up",
            *_NAME_SYSTEM,
        ) from err
    if response.status_code == httpx2.codes.NOT_FOUND:
        return None
    if response.is_success:
        return response.json()
    raise _refused(response)


def _refused(response: httpx2.Response) -> StartError:
    try:
        detail = str(response.json()["detail"])
    except (ValueError, LookupError, TypeError):
        detail = f"{response.url} answered {response.status_code}."
    if response.status_code == httpx2.codes.UNAUTHORIZED:
        return StartError(
            "The token is missing or wrong.",
            f"set the gateway's own: {TOKEN_KEY}=..., or {TOKEN_KEY}_FILE=path",
            "or name the data folder of the system on this machine: --data DIR",
        )
    return StartError(detail, "what was already withdrawn stays so; the command can be run again")


def _address(known: Admin | None, data: Path | None) -> str:
    """Where the gateway is of the system whose data folder tells it."""
    if known is None:
        raise StartError(
            f"No system of this machine has run on the data folder {data or DEFAULT_DATA}.", *_NAME_SYSTEM
        )
    return known.gateway
