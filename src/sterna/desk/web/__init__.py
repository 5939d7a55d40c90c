"""The frame every page of the desk stands in: base templates, components, pictures."""
