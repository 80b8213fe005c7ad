"""Search on a real MongoDB, a real RabbitMQ and a real Tantivy."""
