"""Structured logs: one line per finished unit of work, as JSON or for people."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(level: str, log_format: Literal["json", "console"], service: str) -> None:
    """Set up logging for the whole process; everything goes to standard error.

    Args:
        level: the least severe level to print: debug, info, warning, error.
        log_format: `json` for machines, `console` for people.
        service: name put into every line; a line that binds its own `service` keeps that.
    """
    shared_steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_service(service),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # the rich one prints local variables, secrets too
        )
    )
    final: list[Processor] = (
        [structlog.processors.format_exc_info, renderer] if log_format == "json" else [renderer]
    )
    structlog.configure(
        processors=[*shared_steps, structlog.processors.StackInfoRenderer(), *final],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    _bridge_standard_library(shared_steps, final, max(_LEVELS[level], logging.WARNING))


def _name_service(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return add


def _bridge_standard_library(steps: list[Processor], final: list[Processor], level: int) -> None:
    """Give libraries that use the standard library's logging the same lines, warnings and worse only."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=steps,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
