"""Errors over HTTP: `application/problem+json` (RFC 9457)."""

from pydantic import Field

from shared.contracts.base import Contract

PROBLEM_MEDIA_TYPE = "application/problem+json"


class FieldFault(Contract):
    """One parameter or field that was wrong."""

    name: str = Field(description="Name of the parameter, or path of the field.")
    message: str = Field(description="What was wrong with it, and which values are allowed.")


class ProblemAnswer(Contract):
    """An error, for people and for programs."""

    type: str = Field(default="about:blank", description="Names the kind of problem; stable.")
    title: str
    status: int
    detail: str = Field(default="", description="What was wrong here, and what to do.")
    instance: str | None = Field(default=None, description="Path of the request, without its query.")
    request_id: str | None = None
    errors: list[FieldFault] = Field(default_factory=list)
