"""What can go wrong with the data of a user, in words for that user."""


class DataSetError(Exception):
    """A file of countries or networks cannot be used. ``str()`` is one line that names the file, the place in it where
    there is one, and what would be right."""
