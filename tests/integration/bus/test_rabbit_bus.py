"""The bus on a real RabbitMQ keeps every promise of a bus."""

from tests.suites.bus_suite import BusSuite


class TestRabbitBus(BusSuite):
    """Runs the suite."""
