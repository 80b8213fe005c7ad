"""What ingest can be told from outside, each with its unit and bounds."""

from pydantic import Field

from shared.settings import ServiceSettings, service_config


class Settings(ServiceSettings):
    """Settings of ingest: environment variables that start with INGEST_."""

    model_config = service_config("INGEST_")

    port: int = Field(
        default=8001, ge=1, le=65435, description="TCP port of the API; health and metrics are on port + 100."
    )
    sources: str = Field(
        default="",
        description="Path of an OPML file that fills an empty store of sources at the first start; empty for none.",
    )
    mongodb_database: str = Field(
        default="silkwire_ingest",
        min_length=1,
        max_length=63,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Name of the database that holds sources, items and their pending events.",
    )
    default_interval_s: float = Field(
        default=600,
        gt=0,
        le=86_400,
        description="Seconds between polls of a source that names no interval of its own and whose rhythm is not known yet.",
    )
    min_interval_s: float = Field(
        default=60,
        gt=0,
        le=86_400,
        description="Seconds below which no source is polled again, whatever the list of sources says.",
    )
    max_interval_s: float = Field(
        default=3600,
        gt=0,
        le=86_400,
        description="Seconds to which the interval of a source that brings little is stretched; INGEST_MIN_INTERVAL_S wins "
        "over it.",
    )
    concurrency: int = Field(
        default=64, ge=1, le=512, description="Number of sources that one replica polls at the same time."
    )
    user_agent: str = Field(
        default="Silkwire/0.1 (news feed reader)",
        min_length=3,
        max_length=200,
        pattern=r"^[\x20-\x7e]+$",
        description="The User-Agent header of every request; add an address where you can be reached.",
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="True lets sources live on private addresses and any port: for tests and one's own network.",
    )
    hosts_file: str = Field(
        default="",
        description="Path of a file in the format of /etc/hosts whose names are not asked of DNS, read at the start; empty "
        "for none. Its addresses are judged like all others, so private ones need INGEST_ALLOW_PRIVATE_ADDRESSES.",
    )
    host_gap_s: float = Field(
        default=1,
        ge=0,
        le=30,
        description="Seconds between the starts of two requests to one host, feeds and pages together; longer where the host "
        "asks for it.",
    )
    fetch_deadline_s: float = Field(
        default=20, ge=0.1, le=120, description="Seconds within which a source must have answered in full."
    )
    pages_per_poll: int = Field(
        default=10,
        ge=0,
        le=100,
        description="Number of article pages fetched in one poll of a source with fullText; 0 fetches none.",
    )
    workers: int = Field(
        default=2,
        ge=1,
        le=32,
        description="Number of processes that read documents, at most; the first starts with the service, the others when they are needed.",
    )
    parse_deadline_s: float = Field(
        default=5,
        ge=0.1,
        le=5,
        description="Seconds within which a document must be read; its worker ends there.",
    )
    worker_memory_mib: int = Field(
        default=256,
        ge=64,
        le=8192,
        description="MiB that a worker may take for a document, beyond what it takes at rest.",
    )
    lease_s: float = Field(
        default=20,
        ge=1,
        le=600,
        description="Seconds for which one replica holds a source, renewed while it works; one that died gives it up "
        "after that.",
    )
    outbox_max_events: int = Field(
        default=100_000,
        ge=100,
        le=10_000_000,
        description="Number of events waiting to be published, of all replicas, at which polling pauses until a tenth "
        "of them is gone.",
    )
    recheck: bool = Field(
        default=True,
        description="True looks at articles' pages again some days later, to notice what publishers take down.",
    )
    rechecks_per_hour: int = Field(
        default=600,
        ge=1,
        le=36_000,
        description="Most pages of articles that one replica looks at in an hour.",
    )
    websub_callback_url: str = Field(
        default="",
        max_length=500,
        pattern=r"^$|^https?://[^\s/?#]+(/[^\s?#]*)?$",
        description="Public address of the gateway's /websub, such as https://news.example/websub, at which WebSub hubs "
        "tell of what is new; empty for none, sources are then only polled.",
    )
    admin_token: str = Field(
        default="",
        pattern=r"^$|^[\x21-\x7e]{16,200}$",
        description="Bearer token of the administration, at least 16 characters; empty turns the administration off.",
        json_schema_extra={"secret": True},
    )
