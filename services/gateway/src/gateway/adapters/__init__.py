"""Gateway's ways to the other services, one file each."""
