"""When an article was published: dates as publishers write them, and how sure they are."""
