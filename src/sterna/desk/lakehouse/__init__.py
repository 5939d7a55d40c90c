"""The lake's manifest, the sealer and the inbox's door into the lake."""
