"""One form of texts that read alike, which a tokenizer of T5 can write: Unicode's NFKC, single spaces, none outside."""

import unicodedata


def normalised(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())
