"""Tools in a service of their own keep the contract of the Tools port."""

from collections.abc import AsyncGenerator

import pytest
from tests.conformance.test_tools import reference_agent
from tests.conformance.tool_stage import remote, serving

from mainstay.ports.tools import Tools
from mainstay.testing.tools_conformance import ToolsConformance


class TestRemoteTools(ToolsConformance):
    """Python functions as tools, over MCP."""

    @pytest.fixture
    async def tools(self) -> AsyncGenerator[Tools]:
        """Give the adapter, with its service running."""
        agent = reference_agent()
        async with serving(agent) as url, remote(agent, url) as tools:
            yield tools
