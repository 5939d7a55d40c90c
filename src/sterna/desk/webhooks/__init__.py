"""Other systems that are told of moves by signed messages, and the outbox of these."""
