"""What is said between services: schemas, examples, shapes."""
