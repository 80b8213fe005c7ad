"""What can go wrong on the bus. At a consumer the exception's type is the event's fate; see retry.py."""


class PublishUnconfirmed(Exception):  # noqa: N818  the name says what is known, and it may not be an error at all
    """Nobody knows whether the bus has the event: keep it and publish it again later.

    Attributes:
        reason: why, in a few words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EventRefused(Exception):  # noqa: N818  the event's fate is its name
    """The bus will never take this event: record it and go on with the others.

    Attributes:
        reason: why, in a few words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Reject(Exception):  # noqa: N818  the event's fate is its name
    """Raised by a handler: this event can never be handled; to the dead letters at once.

    Attributes:
        reason: why, in a few words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DependencyDown(Exception):  # noqa: N818  the dependency's state is its name
    """Raised by a handler: something it needs does not answer now. The events are held, no attempt is counted.

    Attributes:
        name: the dependency, such as `mongodb`.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
