"""How a message leaves: one deletable folder for each medium, all behind the door in `base`."""
