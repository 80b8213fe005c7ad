"""Gateway over real HTTP, before small real servers that stand in for search, rates and ingest."""
