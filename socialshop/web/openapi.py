"""The OpenAPI 3.1 document, made from the table of operations: what is not in the table is not in the shop."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, current_app
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from socialshop.kernel.errors import DomainError, NotFound
from socialshop.web import idempotency, problems
from socialshop.web.auth import Forbidden, Unauthenticated
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Operation, table_of
from socialshop.web.problems import STATUS, InvalidFields
from socialshop.web.schemas import Nothing

API_VERSION = "1.0.0"
Json = dict[str, Any]
_Refs = Mapping[Any, Json]
_REF = "#/components/schemas/"
_PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457. `type` leads to a page that says what to do; `code` is stable, for scripts.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
        "field": {"type": "string", "description": "the field to blame, where there is one"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "reason": {"enum": ["unknown_field", "missing", "not_allowed", "repeated"]},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_KEY_PARAMETER: Json = {
    "name": idempotency.HEADER,
    "in": "header",
    "description": "A text of your own for this intent: sent again with the same body it gives the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_BODY_PROBLEMS = (
    problems.MALFORMED_JSON,
    problems.NESTED_TOO_DEEPLY,
    problems.BODY_TOO_LARGE,
    problems.WRONG_MEDIA_TYPE,
)


def document(app: Flask) -> Json:
    """The document of this app; made once, for the table does not change while it runs."""
    made: Json | None = app.extensions.get("socialshop_openapi")
    if made is None:
        made = app.extensions["socialshop_openapi"] = _make(app)
    return made


def _make(app: Flask) -> Json:
    rows = [row for row in table_of(app).values() if row.listed]
    refs, schemas = _schemas(rows)
    paths: dict[str, Json] = {}
    for row in rows:
        paths.setdefault(_template(row.path), {})[row.method.lower()] = _operation(row, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "socialshop",
            "version": API_VERSION,
            "summary": "Group buying with rewards that prove themselves.",
            "description": "JSON in and out. Money is whole minor units and a currency; instants are RFC 3339 in UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({row.tag for row in rows})],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": {
                "session": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of POST /api/v1/sessions or POST /api/v1/members.",
                }
            },
        },
    }


def _template(path: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def _schemas(rows: Iterable[Operation]) -> tuple[_Refs, Json]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for row in rows:
        if row.body is not Nothing:
            wanted[row.body, "validation"] = None
        for reply in row.replies:
            if reply.model is not None:
                wanted[reply.model, "serialization"] = None
    refs, definitions = models_json_schema(list(wanted), ref_template=_REF + "{model}")
    return refs, dict(definitions.get("$defs", {}))


def _operation(row: Operation, refs: _Refs) -> Json:
    said: Json = {
        "operationId": row.name,
        "tags": [row.tag],
        "summary": row.summary,
        "description": " ".join(filter(None, (row.description, f"For {row.access.name}." if row.access.roles else ""))),
        "parameters": _parameters(row),
        "responses": _replies(row, refs) | _refusals(row),
        "security": [{"session": []}] if row.access.roles else [],
    }
    if row.takes_body and row.body is not Nothing:
        said["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": refs[row.body, "validation"], **_examples(row.body)}},
        }
    return said


def _examples(model: type[BaseModel]) -> Json:
    extra = model.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, Mapping) else None
    return {"example": examples[0]} if isinstance(examples, list) else {}


def _parameters(row: Operation) -> list[Json]:
    found: list[Json] = []
    for name in re.findall(r"<(?:\w+:)?(\w+)>", row.path):
        pattern = f"^{row.ids[name]}_[0-9a-hjkmnp-tv-z]{{26}}$" if name in row.ids else "^[^/]+$"
        found.append({"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}})
    if row.query is not Nothing:
        schema = row.query.model_json_schema()
        for name, one in schema["properties"].items():
            required = name in schema.get("required", ())
            found.append({"name": name, "in": "query", "required": required, "schema": one})
    if row.idempotency is not Idempotency.IGNORED:
        found.append({**_KEY_PARAMETER, "required": row.idempotency is Idempotency.REQUIRED})
    return found


def _replies(row: Operation, refs: _Refs) -> Json:
    said: Json = {}
    for reply in row.replies:
        answer: Json = {"description": reply.description}
        if reply.model is not None:
            schema = refs[reply.model, "serialization"]
            answer["content"] = {reply.media_type: {"schema": schema, **_examples(reply.model)}}
        elif reply.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            kind = "object" if reply.media_type == "application/json" else "string"
            answer["content"] = {reply.media_type: {"schema": {"type": kind}}}
        # One status in two media types, as the caller asks.
        before = said.setdefault(str(reply.status), answer)
        before.get("content", {}).update(answer.get("content", {}))
    return said


def _refusals(row: Operation) -> Json:
    """The problems that an operation may answer with, grouped by status, each code with an example."""
    codes: dict[int, dict[str, str]] = {}
    for code, status, meaning in _refusals_of(row):
        codes.setdefault(status, {})[code] = meaning
    return {str(status): _problem_reply(status, of) for status, of in sorted(codes.items())}


def _refusals_of(row: Operation) -> Iterable[tuple[str, int, str]]:
    domain: list[type[DomainError]] = [*row.refuses, InvalidFields]
    protocol = [problems.INTERNAL_ERROR, problems.DATABASE_UNAVAILABLE]
    if row.limited:
        protocol.append(problems.RATE_LIMITED)
    if row.access.roles:
        domain += [Unauthenticated, Forbidden]
    if row.ids:
        domain.append(NotFound)
    if row.takes_body:
        protocol += _BODY_PROBLEMS
    if row.idempotency is not Idempotency.IGNORED:
        domain += [idempotency.IdempotencyInProgress, idempotency.IdempotencyKeyReused]
        protocol.append(problems.KEY_MALFORMED)
    if row.idempotency is Idempotency.REQUIRED:
        protocol.append(problems.KEY_MISSING)
    replied = {reply.status for reply in row.replies}
    for error in domain:
        yield error.code, STATUS[error.kind], (error.__doc__ or "").strip().partition("\n")[0]
    for refusal in protocol:
        if refusal.status not in replied:
            yield refusal.code, refusal.status, problems.title_of(refusal.code)


def _problem_reply(status: int, codes: Mapping[str, str]) -> Json:
    base = current_app.extensions["socialshop_problem_base"]
    examples = {
        code: {
            "summary": meaning,
            "value": {
                "type": base + code,
                "title": problems.title_of(code),
                "status": status,
                "detail": meaning,
                "code": code,
                "request_id": "5f2b9c01d4e84a7796b3c2d1",
            },
        }
        for code, meaning in codes.items()
    }
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": _REF + "Problem"}, "examples": examples}}
    reply: Json = {"description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}", "content": content}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        reply["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
    return reply


def as_json(app: Flask) -> bytes:
    """The document as bytes."""
    return json.dumps(document(app), ensure_ascii=False).encode()
