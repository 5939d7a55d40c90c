"""Reads notes by sentence embeddings in place of shared letters: optional, and off unless somebody builds it."""

from importlib import import_module

import numpy as np

from sterna.engine.errors import Unsupported
from sterna.engine.profiles.notes.document import Cues, NotePatterns
from sterna.engine.profiles.notes.likeness import Matrix, of_encoder
from sterna.engine.profiles.notes.reader import NoteReader

PACKAGE = "sentence_transformers"
LEAST_ALIKE = 0.7  # embeddings put any two short sentences closer together than shared letters do


def embedding_reader(
    patterns: NotePatterns, cues: Cues, folder: str, least_alike: float = LEAST_ALIKE
) -> NoteReader:
    """A reader whose likeness comes from the model in `folder`; nothing is downloaded.

    Raises Unsupported when the package is missing or the folder holds no model.
    Source: Reimers and Gurevych, Sentence-BERT, 2019.
    """
    try:
        models = import_module(PACKAGE)
    except ImportError:
        said = f"reading notes by embeddings needs the package {PACKAGE.replace('_', '-')}, which is not installed"
        raise Unsupported(said) from None
    try:
        model = models.SentenceTransformer(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise Unsupported(f"{folder} holds no model of sentences: {error}") from error

    def encode(texts: list[str]) -> Matrix:
        return np.asarray(model.encode(texts, show_progress_bar=False), dtype=np.float64)

    return NoteReader(patterns, cues, fit=of_encoder(encode), least_alike=least_alike)
