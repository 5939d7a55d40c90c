"""Whether it worked: effects against a hold-out, their intervals and verdicts."""
