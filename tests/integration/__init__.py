"""Adapters against a real RabbitMQ and a real MongoDB."""
