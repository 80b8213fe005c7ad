"""What an article says: sanitised HTML, plain text, language, and how long it may be."""
