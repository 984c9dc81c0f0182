"""The Textual application: it knows how things look, never what they mean."""
