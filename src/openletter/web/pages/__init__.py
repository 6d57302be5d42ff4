"""The pages, one module a page; each that serves addresses has ``routes``, a list of Starlette's routes."""

from importlib import import_module
from pkgutil import iter_modules

from starlette.routing import BaseRoute


def all_routes() -> list[BaseRoute]:
    """Of all modules here."""
    found: list[BaseRoute] = []
    for module in iter_modules(__path__):
        found += getattr(import_module(f"{__name__}.{module.name}"), "routes", [])
    return found
