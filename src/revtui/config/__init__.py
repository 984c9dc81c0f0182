"""Configuration: the model, and how it is read with the origin of every value."""
