"""How services answer HTTP: one way to make an API, to say what went wrong, and to serve until told to stop."""

from shared.web.admin import AdminOnly
from shared.web.api import create_api
from shared.web.problems import HTTPProblem
from shared.web.server import PortTakenError, serve

__all__ = ["AdminOnly", "HTTPProblem", "PortTakenError", "create_api", "serve"]
