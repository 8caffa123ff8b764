"""What the benches share: the program under test, its load, its limits, and the tables."""
