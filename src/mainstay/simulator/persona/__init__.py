"""A support agent that is driven by the request alone, as a model would be."""
