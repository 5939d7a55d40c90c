"""What the conformance suite must know of each channel to try it: one module by the channel's name."""
