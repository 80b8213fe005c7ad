"""Why a change of the sources cannot be made."""


class UnknownSourceError(Exception):
    """There is no source of this id."""


class BusySourceError(Exception):
    """Others keep changing the source."""


class AddressTakenError(Exception):
    """Another source has the address, or the id.

    Attributes:
        source_id: the other one.
    """

    def __init__(self, source_id: str) -> None:
        super().__init__(source_id)
        self.source_id = source_id
