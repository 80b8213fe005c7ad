"""What search knows by itself: documents, excerpts, rights, results. No network, no database, no clock."""
