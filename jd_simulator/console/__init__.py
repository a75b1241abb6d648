"""The web console: one page, one style sheet, one script, served at `/`.

The page asks the control room for everything and writes it as text only. Nothing comes from
elsewhere, and the Content-Security-Policy holds it to that.
"""
