"""What can go wrong with what enrichment asks, in words for its user."""


class DataSetError(Exception):
    """A file of countries or networks cannot be used. ``str()`` is one line that names the file, the place in it where
    there is one, and what would be right."""


class ResolverError(Exception):
    """The resolver cannot be used; one line that says which and why."""
