"""What every group of settings has in common."""

from __future__ import annotations

import json
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
WholeSeconds = Annotated[int, Field(ge=1)]


class Group(BaseModel):
    """A part of the settings, read from variables that begin with its name and two underscores."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)


def _from_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_float=str)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None


T = TypeVar("T")
# A value written as JSON. Numbers with a point stay text, so that an amount is never a float.
Json = Annotated[T, BeforeValidator(_from_json)]
