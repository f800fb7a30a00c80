"""Which traces are kept, by the names that OpenTelemetry gives its samplers.

Source: https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers
"""

from dataclasses import dataclass

PARENT_BASED = "parentbased_"
_LOW_BITS = 64


@dataclass(frozen=True, slots=True)
class Sampler:
    """Decides once a trace: whoever goes on with it does as was decided.

    Args:
        name: as ``OTEL_TRACES_SAMPLER`` has it.
        ratio: the share of traces that ``traceidratio`` keeps, 0 to 1.
    """

    name: str = "parentbased_always_on"
    ratio: float = 1.0

    def keeps(self, trace_id: str, parent: bool | None) -> bool:
        """Tell whether a trace is kept.

        Args:
            trace_id: 32 hexadecimal digits, of which the lower half is random.
            parent: what the client decided, None when it told nothing.
        """
        if parent is not None and self.name.startswith(PARENT_BASED):
            return parent
        match self.name.removeprefix(PARENT_BASED):
            case "always_on":
                return True
            case "always_off":
                return False
            case _:
                bound = round(self.ratio * 2**_LOW_BITS)
                return int(trace_id[16:], 16) < bound
