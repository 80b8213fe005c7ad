"""What search can be told, by environment variables that begin with `SEARCH_`."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from shared.settings import ServiceSettings, service_config


class Settings(ServiceSettings):
    """Settings of the search service."""

    model_config = service_config("SEARCH_")

    port: int = Field(
        default=8003, ge=1, le=65435, description="TCP port of the API; health and metrics are on port + 100."
    )
    mongodb_database: str = Field(
        default="silkwire_search",
        min_length=1,
        max_length=63,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Name of search's own database.",
    )
    index: Literal["tantivy", "mongo"] = Field(
        default="tantivy",
        description="What answers: a local view kept fresh from MongoDB, or MongoDB itself.",
    )
    data_dir: Path = Field(
        default=Path("data/search"),
        description="Folder for this machine's views; each process claims a slot below it. Disposable.",
    )
    admin_token: str = Field(
        default="",
        pattern=r"^$|^[\x21-\x7e]{16,200}$",
        description="Bearer token of whoever may have the view built anew, at least 16 characters; empty for nobody.",
        json_schema_extra={"secret": True},
    )
    build_processes: int = Field(
        default=1,
        ge=0,
        le=64,
        description="Processes that help while a view is built or has missed much; on two cores one is as fast as two. 330 MiB each at a million articles.",
    )
    writer_heap_mb: int = Field(
        default=256,
        ge=16,
        le=2048,
        description="Memory of the view's writer in MiB before it writes a segment.",
    )
    query_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Seconds a search may take; one that takes longer is 503."
    )
    queries_waiting: int = Field(
        default=32,
        ge=1,
        le=10_000,
        description="Searches of a kind (plain, costly) that may wait for their turn; further ones are 503.",
    )
