"""The sample newsroom on real sockets, and what the services make of it."""
