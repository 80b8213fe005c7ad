"""Lets only administrators in: `Authorization: Bearer TOKEN` (RFC 6750), and nobody while no token is set."""

import hmac

from starlette.requests import Request

from shared.web.problems import HTTPProblem


class AdminOnly:
    """A dependency of routes that change something.

    Args:
        token: what administrators show; empty turns these routes off.
        setting: the setting that gives the token, which the refusal names.
    """

    def __init__(self, token: str, setting: str) -> None:
        self._token = token.encode()
        self._setting = setting

    def __call__(self, request: Request) -> None:
        """Let a request pass.

        Raises:
            HTTPProblem: 403 while no token is set, 401 when the request does not show it.
        """
        if not self._token:
            raise HTTPProblem(
                403,
                "administration-off",
                "Administration is off",
                f"Nobody may do this while no token is set; set {self._setting}.",
            )
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        # In constant time: an early end would tell how much of the token is right.
        right = hmac.compare_digest(shown.strip().encode("utf-8", "replace"), self._token)
        if scheme.lower() != "bearer" or not right:
            raise HTTPProblem(
                401,
                "token-wrong",
                "Token missing or wrong",
                "Send the administration's token: `Authorization: Bearer TOKEN`.",
                headers={"WWW-Authenticate": "Bearer"},
            )
