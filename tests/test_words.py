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
    r"\bcame of\b": "happened to, was made of",
    r"\bas (?:it|they) came\b": "as received",
    r"\bin earnest\b": "really",
    r"\bits kin\b": "and the like",
    r"\bagain does nothing\b": "Idempotent",
    r"\bor no longer\b": "was dropped or reset",
    r"\btaken for\b": "read as",
    r"\b(?:is|are) told\b(?! to)": "is listed, is reported",
    r"\bpasse[sd] over\b": "ignore, skip",
    r"\border (?:they|it) came\b": "order of arrival",
    r"\bhold(?:s|ing)? no\b": "has no, contains no",
    r"\ball the same\b": "although, anyway",
    r"\bnothing but\b": "only",
    r"\b[Ww]hoever\b": "the caller, the client, the name of the part",
    r"\bso far as\b": "if, as long as",
    r"\bgoes by\b": "depends on",
    r"\bsuch as is\b": "if it is",
    r"\b(?:comes?|came) to be\b": "is created",
    r"\btold apart\b": "distinguish",
    r"\bcounts? as none\b": "is ignored",
    r"\bas it stands\b": "unchanged",
}
MORE_DIALECT = {
    r"\b[Ww]hat bec(?:omes|ame) of\b": "what happens to",
    r"(?<![Tt]here )\b(?:is|are) no (?!one\b|longer\b|more\b)[a-z]+": "is not a …",
    r"\b[Rr]aises \w+ where\b": "Raises … if",
    r"\bNone where\b": "None if",
    r"\bnobody knows\b": "unknown",
    r"\bstands? in the way\b": "blocks",
    r"\bput(?:s)? \w+ (?:\w+ )?in force\b": "use",
    r"\b(?:one a|a finding a) line\b": "one per line",
}
"""What the mock, its pages and the documentation avoid too."""


def dialect_in(text, words=DIALECT):
    """Return a sentence for each word to avoid."""
    return [
        f"{found[0]!r}; say {better}"
        for pattern, better in words.items()
        for found in re.finditer(pattern, text)
    ]


def test_the_dialect_is_found():
    assert dialect_in("Tell whether it is none, and is taken for one all the same.") == [
        "'is none'; say is not one",
        "'Tell whether'; say Return whether",
        "'taken for'; say read as",
        "'all the same'; say although, anyway",
    ]


def test_the_mock_and_the_documentation_avoid_more():
    assert dialect_in("What became of it is no matter; None where it is.", MORE_DIALECT) == [
        "'What became of'; say what happens to",
        "'is no matter'; say is not a …",
        "'None where'; say None if",
    ]
