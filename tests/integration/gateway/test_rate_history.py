"""The past of rates through the gateway: what rates writes reaches the reader byte by byte."""

import pytest
from starlette.datastructures import URL

from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE
from tests.integration.gateway.running import System


def asked_last(well: System) -> URL:
    """What rates was asked last, but for the ticker, which is asked all the time."""
    return next(request.url for request in reversed(well.rates.asked) if request.url.path != "/v1/rates")


async def test_a_history_is_handed_on_as_rates_wrote_it(well: System) -> None:
    answer = await well.get("/api/v1/rates/uzs/usd/history?after=2015&before=2026-06&group=month")
    assert answer.content == b'{"rows": []}'
    assert answer.headers["content-type"] == "application/json"
    asked = asked_last(well)
    assert asked.path == "/v1/rates/UZS/USD/history"
    assert asked.query == "format=json&after=2015-01-01&before=2026-06-30&group=month"


async def test_a_history_not_changed_is_not_sent_again(well: System) -> None:
    first = await well.get("/api/v1/rates/UZS/USD/history")
    again = await well.get("/api/v1/rates/UZS/USD/history", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_csv_stays_csv(well: System) -> None:
    answer = await well.get("/api/v1/rates/UZS/USD/history?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text == "session_on\n2026-06-03\n"


async def test_an_amount_is_converted_by_rates(well: System) -> None:
    answer = await well.get("/api/v1/convert?amount=10.50&from=kgs&to=uzs&on=2026-04-01")
    assert answer.json() == {"result": "1.00"}
    assert asked_last(well).query == "amount=10.50&from=KGS&to=UZS&on=2026-04-01"


async def test_an_empty_value_counts_as_not_given(well: System) -> None:
    """A form sends its empty fields too."""
    answer = await well.get("/api/v1/rates/UZS/USD/history?after=&before=&group=&format=")
    assert (answer.status_code, asked_last(well).query) == (200, "format=json")
    answer = await well.get("/api/v1/convert?amount=10.50&from=kgs&to=uzs&on=")
    assert (answer.status_code, asked_last(well).query) == (200, "amount=10.50&from=KGS&to=UZS")


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/api/v1/rates/XAU/USD/history", 404, "unknown-pair"),
        ("/api/v1/convert?amount=1&from=KGS&to=UZS&on=1990-01-01", 404, "no-fixing"),
        ("/api/v1/rates/UZS/USD/history?after=soon", 422, "invalid-parameter"),
        ("/api/v1/rates/UZS/USD/history?group=day", 422, "invalid-parameter"),
        ("/api/v1/convert?amount=1e5&from=KGS&to=UZS", 422, "invalid-parameter"),
        ("/api/v1/convert?from=KGS&to=UZS", 422, "invalid-parameter"),
    ],
)
async def test_what_cannot_be_answered_is_a_problem(well: System, path: str, status: int, kind: str) -> None:
    answer = await well.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM_MEDIA_TYPE)
    assert answer.json()["type"] == f"urn:silkwire:problem:{kind}"


async def test_a_history_that_is_not_ready_is_refused_alone(well: System) -> None:
    """Whoever asks for many must not make the gateway leave rates alone for everybody."""
    for _ in range(20):
        refused = await well.get("/api/v1/rates/BSY/USD/history")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["type"] == "urn:silkwire:problem:history-busy"
    assert (await well.get("/api/v1/rates/UZS/USD/history")).status_code == 200


async def test_while_rates_is_away_the_past_is_away(own: System) -> None:
    own.rates.mood = "broken"
    for path in ("/api/v1/rates/UZS/USD/history", "/api/v1/convert?amount=1&from=KGS&to=UZS"):
        answer = await own.get(path)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:silkwire:problem:rates-away")
        assert int(answer.headers["retry-after"]) > 0
