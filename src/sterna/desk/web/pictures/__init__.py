"""Pictures drawn in Python as SVG: they follow the page's theme, stand alone in a file, and speak in words."""
