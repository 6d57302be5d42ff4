"""Which endpoints are asked: targets, exclusions, order, shards, and who allowed it."""
