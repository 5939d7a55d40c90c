"""The Django product: who may say what, and what people see."""
