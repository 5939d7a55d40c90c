"""Pictures drawn in Python as SVG: they follow the theme of the page, stand alone as files, and speak."""
