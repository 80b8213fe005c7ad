"""What can come of asking a source, and which addresses may be asked at all."""
