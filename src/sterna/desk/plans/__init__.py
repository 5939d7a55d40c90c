"""Migration plans: their documents, findings and goals."""
