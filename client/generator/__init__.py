"""Writes the parts of the client that follow from the API's OpenAPI document: `python -m client.generator`.

Lives here: what each operation is called in the client, bodies as models, operations as methods.
May import: the standard library, pydantic; of the project the API's operations and their document, in `__main__.py`
alone. It is in no wheel.
Start at: `__main__.py`.
"""
