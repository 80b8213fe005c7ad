"""What is said over HTTP, between the services and to the public; examples beside it."""
