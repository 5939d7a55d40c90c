"""Where data comes from: sources, imports, the inbox and what was refused."""
