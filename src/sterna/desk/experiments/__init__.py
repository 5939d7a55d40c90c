"""Hold-outs as they were drawn, and comparisons as they came out."""
