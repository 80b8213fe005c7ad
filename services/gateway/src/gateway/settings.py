"""What gateway can be told, by environment variables that start with `GATEWAY_`."""

from pydantic import Field

from shared.settings import ServiceSettings, service_config

_HTTP = r"^https?://"
_TOKEN = r"^$|^[\x21-\x7e]{16,200}$"  # noqa: S105  the shape of one


class Settings(ServiceSettings):
    """Gateway's settings."""

    model_config = service_config("GATEWAY_")

    port: int = Field(
        default=8000,
        ge=1,
        le=65435,
        description="TCP port of pages and API; health and metrics are on port + 100.",
    )
    search_url: str = Field(
        default="http://127.0.0.1:8003",
        pattern=_HTTP,
        description="Address of the search service (http or https).",
    )
    rates_url: str = Field(
        default="http://127.0.0.1:8002",
        pattern=_HTTP,
        description="Address of the rates service (http or https).",
    )
    ingest_url: str = Field(
        default="http://127.0.0.1:8001",
        pattern=_HTTP,
        description="Address of the ingest service (http or https).",
    )
    upstream_timeout_s: float = Field(
        default=3.0, gt=0, le=30, description="Seconds another service may take to answer in full."
    )
    breaker_failures: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Failures in a row after which a service is left alone for a moment.",
    )
    breaker_open_s: float = Field(
        default=2.0, gt=0, le=60, description="Seconds a failing service is left alone before the next try."
    )
    ticker_refresh_s: float = Field(
        default=4.0, gt=0, le=300, description="Seconds between two looks at the rates for the ticker."
    )
    sample_data: bool = Field(
        default=False,
        description="True when sources and banks are samples: every page and answer then says so.",
    )
    admin_token: str = Field(
        default="",
        pattern=_TOKEN,
        description="Bearer token of the administration, at least 16 characters; empty turns the administration off.",
        json_schema_extra={"secret": True},
    )
    ingest_token: str = Field(
        default="",
        pattern=_TOKEN,
        description="What ingest knows its administrators by (its INGEST_ADMIN_TOKEN); empty for the same as ours.",
        json_schema_extra={"secret": True},
    )
