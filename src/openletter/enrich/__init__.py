"""What is known of an address and of a server beyond what a dialogue saw: country, network, name, product, certificate."""
