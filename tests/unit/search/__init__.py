"""Search's rules, and its API on indexes made of plain lists."""
