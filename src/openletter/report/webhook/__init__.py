"""Findings for a program: signed JSON, posted to one address, each piece once by its id, also where a process dies in between."""
