"""Gets documents from banks over HTTP: one kept connection pool, bounded in time and size, nothing unchanged twice."""

import asyncio
import time
from collections.abc import Mapping

import httpx2

from rates.adapters.kept_answers import KeptAnswers
from rates.ports import FetchFailedError, FetchReason

_MAX_REDIRECTS = 3
_THIS_MACHINE = ("all://127.0.0.1", "all://localhost", "all://[::1]")


class Httpx2BankFetcher:
    """Asks banks at the addresses it was given.

    One client serves all banks and keeps its connections: NBKR drops those who open some twenty in a row.

    Args:
        addresses: scheme, host and port by bank id.
        user_agent: how we introduce ourselves.
        timeout_s: seconds within which an answer must have come whole, redirects included.
        max_bytes: largest body taken.
    """

    def __init__(
        self, addresses: Mapping[str, str], *, user_agent: str, timeout_s: float, max_bytes: int
    ) -> None:
        self._addresses = dict(addresses)
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._kept = KeptAnswers()
        self._client = httpx2.AsyncClient(
            headers={"User-Agent": user_agent, "Accept": "text/xml, application/json, text/html, */*;q=0.1"},
            timeout=timeout_s,
            follow_redirects=True,
            max_redirects=_MAX_REDIRECTS,
            # A machine's proxy is for the world outside; a bank's stand-in on this machine is not behind it.
            mounts=dict.fromkeys(_THIS_MACHINE),
            limits=httpx2.Limits(max_connections=8, max_keepalive_connections=8),
        )

    async def fetch(self, bank_id: str, path: str) -> bytes:
        """Return the body of `path` below the bank's address; the one kept, where the bank says that it still holds.

        Raises:
            FetchFailedError: no status 200, or not in time, or too large.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._fetch(self._addresses[bank_id] + path)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise FetchFailedError(
                FetchReason.TIMEOUT, f"no whole answer in {self._timeout_s:g} s"
            ) from error
        except httpx2.DecodingError as error:
            raise FetchFailedError(FetchReason.UNDECODABLE, str(error)[:200]) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            detail = f"{type(error).__name__}: {error}"[:200]
            raise FetchFailedError(FetchReason.UNREACHABLE, detail) from error

    async def _fetch(self, url: str) -> bytes:
        condition = self._kept.condition(url, time.monotonic())
        async with self._client.stream("GET", url, headers=dict(condition)) as response:
            kept = self._kept.body(url) if condition else None
            if kept is not None and response.status_code == httpx2.codes.NOT_MODIFIED:
                return kept
            if response.status_code != httpx2.codes.OK:
                raise FetchFailedError(FetchReason.HTTP_STATUS, f"status {response.status_code}")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._max_bytes:
                    raise FetchFailedError(FetchReason.TOO_LARGE, f"more than {self._max_bytes} bytes")
            self._kept.keep(url, bytes(body), response.headers, time.monotonic())
            return bytes(body)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()
