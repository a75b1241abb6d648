"""Made-up but lifelike data: what a shop sells and who buys there. All follows from a seed."""
