"""Real bytes of the four banks and the values that must come of them."""
