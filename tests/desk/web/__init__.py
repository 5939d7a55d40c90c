"""Tests of the frame: formats, components, pictures, contrast, the gallery in a browser."""
