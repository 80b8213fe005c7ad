"""What goes wrong at a store, and at an article that is to be taken down."""


class StoreDownError(Exception):
    """The store does not answer now."""


class OutboxFullError(Exception):
    """Too many events of one article wait to be published; the article is stored again at a later poll."""


class UnknownArticleError(Exception):
    """No article is known by that id."""


class BusyArticleError(Exception):
    """The article changes faster than it can be withdrawn; the same call may succeed later."""
