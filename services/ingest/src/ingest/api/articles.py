"""Taking articles down: POST /v1/articles/{id}/withdraw, for administrators."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from ingest.ports import BusyArticleError, StoreDownError, UnknownArticleError, Withdrawing
from shared.contracts.http.withdrawals import WithdrawalAnswer, WithdrawalRequest
from shared.web import AdminOnly, HTTPProblem

ANSWER_WITHIN_S = 3.0
"""A lost database is told by then; the driver itself would go on trying for longer."""


def articles_router(withdraw: Withdrawing, admin: AdminOnly) -> APIRouter:
    """Return the routes about articles.

    Args:
        withdraw: takes articles down.
        admin: lets only administrators in.
    """
    router = APIRouter(prefix="/v1", tags=["articles"], dependencies=[Depends(admin)])

    @router.post("/articles/{article_id}/withdraw", summary="Take an article down")
    async def withdraw_article(
        article_id: Annotated[str, Path(min_length=1, max_length=64)], request: WithdrawalRequest
    ) -> WithdrawalAnswer:
        """Erase an article everywhere, for good: it never returns by itself. Safe to repeat.

        With `dry_run` nothing is changed, and the answer tells what would be.
        """
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                if request.dry_run:
                    item = await withdraw.find(article_id)
                    already = item.withdrawn_by == "owner"
                else:
                    done = await withdraw(article_id, "owner", request.reason)
                    item, already = done.item, done.already
        except UnknownArticleError as error:
            raise HTTPProblem(
                404, "unknown-article", "Unknown article", "There is no article with this id."
            ) from error
        except (StoreDownError, BusyArticleError, TimeoutError) as error:
            raise HTTPProblem(
                503,
                "database-unavailable",
                "Database unavailable",
                "Whether the article was taken down is not known; do it again in some seconds.",
                headers={"Retry-After": "5"},
            ) from error
        return WithdrawalAnswer(
            id=item.id,
            rev=item.rev,
            url=item.url,
            withdrawn=not request.dry_run or already,
            already=already,
        )

    return router
