"""What rates answers to other services over HTTP."""
