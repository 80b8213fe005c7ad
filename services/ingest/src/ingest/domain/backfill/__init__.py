"""Fetching what a publisher had before we came: where it is (pages.py) and how far that has come (job.py)."""
