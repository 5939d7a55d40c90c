"""How alike a sentence is to example phrases: by shared words and letters, or by a model given from outside."""

import re
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w\w")  # one letter alone is no word to the vectorizer
Matrix = NDArray[np.float64]


class Likeness(Protocol):
    """Fitted on phrases, it compares texts with them."""

    def __call__(self, texts: Sequence[str]) -> Matrix:
        """Cosines between 0 and 1: a row for each text, a column for each phrase."""
        ...


def shared_letters(phrases: Sequence[str]) -> Likeness:
    """TF-IDF of words, pairs of words and runs of 2 to 5 letters within a word, fitted on the phrases.

    Runs of letters forgive typos and endings. Without phrases every text gets a row of no columns.
    Source: Salton and Buckley, Term-weighting approaches in automatic text retrieval, 1988.
    """
    if not any(_WORD.search(phrase) for phrase in phrases):
        return _unlike(len(phrases))
    # It takes seconds to import, and most commands of the desk read no note.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    features = FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)),
            ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)),
        ]
    )
    fitted = features.fit_transform(phrases)

    def compare(texts: Sequence[str]) -> Matrix:
        if not texts:
            return np.zeros((0, len(phrases)))
        # Both halves have unit length, so the product counts each cosine once: their mean is half of it.
        return np.asarray((features.transform(texts) @ fitted.T).todense(), dtype=np.float64) / 2

    return compare


def of_encoder(encode: Callable[[list[str]], Matrix]) -> Callable[[Sequence[str]], Likeness]:
    """A way to fit a likeness by vectors: `encode` turns texts into rows of equal length."""

    def fit(phrases: Sequence[str]) -> Likeness:
        if not phrases:
            return _unlike(0)
        fitted = _unit(encode(list(phrases)))

        def compare(texts: Sequence[str]) -> Matrix:
            if not texts:
                return np.zeros((0, len(phrases)))
            cosines: Matrix = np.clip(_unit(encode(list(texts))) @ fitted.T, 0, 1)
            return cosines

        return compare

    return fit


def _unit(rows: Matrix) -> Matrix:
    vectors = np.asarray(rows, dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Matrix = vectors / np.where(lengths == 0, 1, lengths)
    return unit


def _unlike(phrases: int) -> Likeness:
    return lambda texts: np.zeros((len(texts), phrases))
