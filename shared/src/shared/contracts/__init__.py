"""What is said: event and HTTP shapes, their versions, their producers and their readers."""
