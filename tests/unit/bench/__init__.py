"""The arithmetic of the benches, which is easy to get wrong and hard to see."""
