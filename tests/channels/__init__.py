"""Tests of the channels; `conformance` is what every channel must pass."""
