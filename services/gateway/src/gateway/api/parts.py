"""What the API is made of, handed to every router."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from gateway.ports import Board, HubCalls, RateHistory, Rates, Search, SourceAdmin, Sources, Withdrawals
from shared.clock import Clock
from shared.web import AdminOnly


@dataclass(frozen=True, slots=True)
class Parts:
    """The services behind the API and what it needs besides.

    Attributes:
        search: finds articles.
        board: keeps the last good rates.
        rates: knows all others.
        rate_history: knows the past of rates.
        sources: tells how the news sources are doing.
        clock: where time comes from.
        registry: where request metrics go.
        source_admin: changes the news sources.
        withdrawals: takes articles down.
        hub_calls: hears WebSub hubs.
        admin: lets only administrators in.
        sample_data: whether all content is made up, to be said everywhere.
    """

    search: Search
    board: Board
    rates: Rates
    rate_history: RateHistory
    sources: Sources
    clock: Clock
    registry: CollectorRegistry
    source_admin: SourceAdmin
    withdrawals: Withdrawals
    hub_calls: HubCalls
    admin: AdminOnly
    sample_data: bool = False
