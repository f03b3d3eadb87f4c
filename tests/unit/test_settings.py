"""A wrong setting is refused at the start, by its name."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from socialshop.infra.settings import Settings


@pytest.mark.parametrize(
    ("field", "value"),
    [("currency", "ZZZ"), ("currency", "cny"), ("time_zone", "Mars/Base"), ("time_zone", "../etc/passwd"), ("port", 0)],
)
def test_a_wrong_setting_is_refused_by_its_name(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({field: value})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
