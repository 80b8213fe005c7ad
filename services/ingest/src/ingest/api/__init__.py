"""What ingest answers over HTTP."""
