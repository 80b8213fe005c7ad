"""What is true of exchange rates, whoever fetches, stores or shows them: no network, no database, no clock."""
