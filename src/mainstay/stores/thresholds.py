"""From when on a text of the store may answer a customer's question."""

ANSWER_THRESHOLD = 0.8
"""Earlier answers must have been given to nearly the same question."""

ARTICLE_THRESHOLD = 0.6
"""An article must cover most of the question's telling words, its title one."""

ASKERS = 3
"""This many customers must have been given an answer before others may be."""
