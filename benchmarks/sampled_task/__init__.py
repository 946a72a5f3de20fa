"""A streaming task that looks at itself while it works, to tell where its CPU goes."""
