"""The description of the API: OpenAPI 3.1, made of the operations themselves and of the types that they answer with."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from openletter.report.record import textual_schema
from openletter.web.api.operation import Operation
from openletter.web.api.problem import MEDIA_TYPE, Problem
from openletter.web.roles import Role

_REFERENCE = "#/components/schemas/{name}"

_ERRORS = {
    "400": "A parameter is wrong: unknown, of the wrong form, or too long. ``errors`` names each.",
    "404": "There is no such survey, question, endpoint or address.",
    "405": "Only GET, HEAD and OPTIONS are known here.",
    "409": "The survey lacks what the question is about; the detail says how it is given it.",
    "429": "Too many requests; ``Retry-After`` says how many seconds to wait.",
    "503": "The store cannot be read just now.",
}
_DENIED = {
    "401": "Nobody who may see this is signed in.",
    "403": "Who is signed in may not see this.",
}

_HEADERS = {
    "ETag": ("Of this answer; send it back in ``If-None-Match``.", {"type": "string"}),
    "RateLimit-Policy": ("How many requests within how many seconds.", {"type": "string"}),
    "RateLimit": ("How many are left, and in how many seconds all are back.", {"type": "string"}),
}


def _referenced(types: Sequence[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    return list(schemas), textual_schema(components)


def _in_query(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema for one word of an address: what cannot be given has no null there."""
    said = {key: value for key, value in schema.items() if key != "default"}
    kinds = [kind for kind in said.get("anyOf", ()) if kind != {"type": "null"}]
    if kinds:
        del said["anyOf"]
        said.update(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})
    default = schema.get("default")
    if default not in (None, ""):
        said["default"] = default
    return said


def _parameters(shape: type[msgspec.Struct], where: str, components: dict[str, Any]) -> list[dict[str, Any]]:
    (reference,), inner = _referenced([shape])
    properties = inner.pop(reference["$ref"].rpartition("/")[2])["properties"]
    components.update(inner)
    made = []
    for field in msgspec.structs.fields(shape):
        schema = _in_query(properties[field.encode_name])
        description = schema.pop("description", None)
        made.append(
            {
                "name": field.encode_name,
                "in": where,
                "required": where == "path",
                **({"description": description} if description else {}),
                "schema": schema,
            }
        )
    return made


def _headers(operation: Operation) -> dict[str, Any]:
    said = {
        name: {"description": description, "schema": schema}
        for name, (description, schema) in _HEADERS.items()
        if operation.answer is not None or name != "ETag"
    }
    if operation.paged:
        said["Link"] = {
            "description": "``rel=next``: the address of the next page, where there is one (RFC 8288).",
            "schema": {"type": "string"},
        }
    return said


def _operation(operation: Operation, answer: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    closed = operation.role is not Role.PUBLIC
    errors = {**_ERRORS, **(_DENIED if closed else {})}
    responses: dict[str, Any] = {
        "200": {
            "description": operation.summary,
            "headers": _headers(operation),
            "content": {operation.media_type.partition(";")[0]: {"schema": answer}},
        }
    }
    if operation.answer is not None:
        responses["304"] = {"description": "The answer is still the one with this ETag."}
    for status in sorted(errors):
        responses[status] = {"$ref": f"#/components/responses/{status}"}
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [
            *_parameters(operation.place, "path", components),
            *_parameters(operation.query, "query", components),
        ],
        "responses": responses,
        "security": [{"session": []}, {"token": []}] if closed else [{}],
    }


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole description, the same whenever it is made."""
    known = list(operations)
    shapes = {operation.name: operation.answer for operation in known if operation.answer is not None}
    (problem, *answers), components = _referenced([Problem, *shapes.values()])
    schemas = dict(zip(shapes, answers, strict=True))
    paths: dict[str, Any] = {}
    for operation in known:
        # OpenAPI 3.1: of octets that are no JSON there is nothing to say but their type.
        answer = schemas.get(operation.name, {})
        paths[operation.path] = {"get": _operation(operation, answer, components)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Openletter",
            "version": "1",
            "summary": "Surveys of POP3 and IMAP servers: what they expose, counted and one by one.",
            "description": (
                "Numbers are open to all. Addresses are shown to operators alone. Times are Unix seconds. What a server "
                "said is text in which octets that do not print stand as \\xNN: it is a stranger's text all the same."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {name: components[name] for name in sorted(components)},
            "responses": {
                status: {"description": said, "content": {MEDIA_TYPE: {"schema": problem}}}
                for status, said in sorted({**_ERRORS, **_DENIED}.items())
            },
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }
