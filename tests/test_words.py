"""The words to avoid, and what to say instead; test_architecture.py holds code and docs to it."""

import re

NOT_PROSE = re.compile(r"<!-- derived: .*?<!-- /derived -->|^```.*?^```$", re.DOTALL | re.MULTILINE)
"""Tables written from the code, and blocks, which show what is printed."""
DIALECT = {
    r"(?<!there )\b(?:is|are|was|were) none\b": "is not one",
    r"\bis no (?:field|object|text|string|number|JSON|directive|operator)\b": "is not a …",
    r"\bwhat came\b": "what happened, what was received",
    r"\bso (?:many|much)\b": "the number, the limit by its name",
    r"\bbehind\b(?! a proxy)": "after",
    r"\bleave (?:for|to)\b": "permission",
    r"\b(?:a|no) texts?\b": "a string",
    r"\b[Ll]et go of\b": "close, release",
    r"\b[Tt]ell whether\b": "Return whether",
    r"\b[Ww]hole way\b": "from … to …",
    r"\bpasses for\b": "looks like",
}


def dialect_in(text):
    """Return a sentence for each word to avoid."""
    return [
        f"{found[0]!r}; say {better}"
        for pattern, better in DIALECT.items()
        for found in re.finditer(pattern, text)
    ]


def test_the_dialect_is_found():
    assert dialect_in("Tell whether it is none.") == [
        "'is none'; say is not one",
        "'Tell whether'; say Return whether",
    ]
