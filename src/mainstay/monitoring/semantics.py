"""The names that spans go by: OpenTelemetry's semantic conventions, and ours.

Pinned: semantic conventions 1.45.0
(https://github.com/open-telemetry/semantic-conventions/tree/v1.45.0) and those for
generative AI 0.1.0
(https://github.com/open-telemetry/semantic-conventions-genai/tree/v0.1.0). Most of the
latter are in development: a later version may rename them, this module alone follows.
The metrics of model calls that OTLP sends beside ours have names of theirs too.
"""

from collections.abc import Mapping

# ── everywhere ──
ERROR_TYPE = "error.type"

# ── HTTP ──
HTTP_METHOD = "http.request.method"
HTTP_ROUTE = "http.route"
HTTP_STATUS = "http.response.status_code"
URL_PATH = "url.path"
URL_SCHEME = "url.scheme"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "_OTHER"

# ── messaging ──
MESSAGING_SYSTEM = "messaging.system"
MESSAGING_DESTINATION = "messaging.destination.name"
MESSAGING_OPERATION = "messaging.operation.name"
MESSAGING_OPERATION_TYPE = "messaging.operation.type"
MESSAGING_CONVERSATION = "messaging.message.conversation_id"
SEND, PROCESS = "send", "process"

# ── generative AI ──
OPERATION = "gen_ai.operation.name"
INVOKE_AGENT, CHAT, EXECUTE_TOOL = "invoke_agent", "chat", "execute_tool"
PROVIDER = "gen_ai.provider.name"
AGENT_NAME = "gen_ai.agent.name"
CONVERSATION_ID = "gen_ai.conversation.id"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_MAX_TOKENS = "gen_ai.request.max_tokens"
REQUEST_STREAM = "gen_ai.request.stream"
RESPONSE_MODEL = "gen_ai.response.model"
FINISH_REASONS = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_write.input_tokens"
TOOL_NAME = "gen_ai.tool.name"
TOOL_TYPE = "gen_ai.tool.type"
TOOL_CALL_ID = "gen_ai.tool.call.id"
FUNCTION = "function"
TYPE_OF_TOKENS = "gen_ai.token.type"
INPUT, OUTPUT = "input", "output"

OPERATION_DURATION = "gen_ai.client.operation.duration"
USED_TOKENS = "gen_ai.client.token.usage"
BOUNDS_S = tuple(0.01 * 2**step for step in range(14))
BOUNDS_TOKENS = tuple(4**step for step in range(14))
"""Upper bounds that the conventions ask for: to 81.92 s, and to 67,108,864 tokens."""

PROVIDERS: Mapping[str, str] = {
    "anthropic": "anthropic",
    "bedrock": "aws.bedrock",
    "vertex": "gcp.vertex_ai",
}
"""What the conventions call our providers."""

# ── generative AI, only where content is asked for ──
SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions"
INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_RESULT = "gen_ai.tool.call.result"

# ── MCP ──
MCP_METHOD = "mcp.method.name"
MCP_TOOLS_CALL = "tools/call"

# ── ours ──
REQUEST_ID = "mainstay.request.id"
TURN_ID = "mainstay.turn.id"
ATTEMPT = "mainstay.turn.attempt"
OUTCOME = "mainstay.turn.outcome"
HELD = "mainstay.turn.held"
LEVEL = "mainstay.reply.level"
REPLY_MODEL = "mainstay.reply.model"
ESCALATED = "mainstay.escalated"
COST_USD = "mainstay.cost_usd"
SECOND_CALL = "mainstay.call.second"
TOOL_OUTCOME = "mainstay.tool.outcome"

# ── values of error.type ──
CLIENT_LEFT = "client_left"
CANCELLED = "cancelled"
IN_DOUBT = "in_doubt"
FAULT = "fault"
NO_MODEL = "no_model"
