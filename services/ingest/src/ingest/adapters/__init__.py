"""Each outside thing that ingest talks to, one technology a file."""
