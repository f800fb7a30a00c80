"""From when on a text of the store may answer a customer's question."""

ANSWER_THRESHOLD = 0.8
"""Earlier answers must have been given to nearly the same question."""

ARTICLE_THRESHOLD = 0.6
"""An article must cover most of the question's telling words, its title one."""

ASKERS = 3
"""This many customers must have been given an answer before others may be."""

MOST_ANSWERS = 10_000
"""Earlier answers that a store keeps; those that are least asked for go first."""

FORGET_AT_ONCE = 500
"""Earlier answers that one piece of upkeep drops at most."""

SHOWN_ANSWERS = 200
"""Earlier answers that one look at them returns at most."""
