"""What real feeds hold, against known answers."""
