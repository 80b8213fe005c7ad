"""Withdrawals over HTTP: an administrator takes an article down."""

from pydantic import Field

from shared.contracts.base import Contract


class WithdrawalRequest(Contract):
    """Why an article is taken down."""

    reason: str = Field(
        min_length=1,
        max_length=300,
        description="A word of explanation, kept with the article's id; no personal data.",
    )
    dry_run: bool = Field(default=False, description="True changes nothing and tells what would be.")


class WithdrawalAnswer(Contract):
    """What is left of the article."""

    id: str = Field(
        description="The article's id; another than asked for where that was an earlier one of it."
    )
    rev: int = Field(ge=1, description="Its latest revision: that of the withdrawal, once it is withdrawn.")
    url: str = Field(description="Its address at the publisher.")
    withdrawn: bool = Field(description="False only after a dry run.")
    already: bool = Field(description="True where it had been withdrawn by its owner before.")
