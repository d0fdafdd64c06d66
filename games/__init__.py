"""Games: declared once, as rules or as a Python `State`; compiled to trees, stepped as environments."""
