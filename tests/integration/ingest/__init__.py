"""Ingest on a real MongoDB and real HTTP servers."""
