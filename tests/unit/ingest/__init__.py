"""Ingest's rules and pipeline, without servers."""
