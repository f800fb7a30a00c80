"""Sampling parameters."""

import pytest

OLD = {"x-api-key": "any", "anthropic-version": "2023-06-01"}


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
async def test_the_newest_version_has_no_sampling(sim, name):
    """2026-10-21 refuses them at any value (.../docs/en/api/versioning)."""
    message = await sim.refused(**{name: 1})
    assert message == f"{name}: Extra inputs are not permitted"


async def test_an_older_version_has_none_for_newer_models(sim):
    """Models from 4.7 on refuse them (.../models/haiku-5-5/migration-guide)."""
    message = await sim.refused(headers=OLD, model="claude-haiku-5-5", temperature=0.2)
    assert "temperature" in message


async def test_an_older_version_has_them_for_older_models(sim):
    """Until 2026-10-21 they were part of the API (.../docs/en/api/versioning)."""
    response = await sim.post(headers=OLD, model="claude-haiku-4-5", temperature=0.2)
    assert response.status_code == 200
