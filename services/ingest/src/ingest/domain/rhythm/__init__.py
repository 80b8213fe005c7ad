"""When a source is asked again, and when none is."""
