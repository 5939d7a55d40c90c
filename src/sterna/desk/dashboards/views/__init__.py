"""The pages that only read, one module a step of the loop."""
