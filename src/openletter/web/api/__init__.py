"""The JSON API, /api/v1: the named questions, the surveys and, for operators, the endpoints."""
