"""A run: a scope is cut into shards, engines in processes of their own work through them, and a sink takes what they see."""
