"""The report of one subscriber as one HTML file that needs nothing else."""
