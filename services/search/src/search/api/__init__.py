"""Search over HTTP: parameters in, answers out."""
