"""Reports as the Shadowserver Foundation sends them, for the tools that read those."""
