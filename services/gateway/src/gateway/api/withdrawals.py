"""Taking articles down, for administrators: POST `/api/v1/articles/{article_id}/withdraw`."""

from fastapi import APIRouter, Depends, Response

from gateway.api.answers import value_of
from gateway.api.articles import ArticleId, checked
from gateway.api.examples import answer, problems
from gateway.api.parts import Parts
from shared.contracts.http.withdrawals import WithdrawalAnswer, WithdrawalRequest


def router(parts: Parts) -> APIRouter:
    """Return the routes of withdrawals."""
    routes = APIRouter(tags=["administration"], dependencies=[Depends(parts.admin)])

    @routes.post(
        "/api/v1/articles/{article_id}/withdraw",
        response_model=WithdrawalAnswer,
        summary="Take an article down",
        responses={
            200: answer("withdrawal")[200] | {"headers": {}},
            **problems(
                "token-wrong", "administration-off", "unknown-article", "invalid-parameter", "ingest-away"
            ),
        },
    )
    async def withdraw_article(article_id: ArticleId, request: WithdrawalRequest) -> Response:
        """Erase an article everywhere within a minute, for good. Safe to repeat; needs the administration's token."""
        reply = value_of(await parts.withdrawals.withdraw(checked(article_id), request))
        return Response(reply.model_dump_json(), media_type="application/json")

    return routes
