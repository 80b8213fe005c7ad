"""One source from claim to stored entries (update.py), what is said about them (events.py), and when (scheduler.py)."""
