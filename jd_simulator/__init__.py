"""A JD.com shop on localhost, true to the wire, to develop and test a JD integration against.

The gateway speaks JD's routerjson protocol; the control room under `/_simulator` is where a test
plays the buyers and JD's staff. It shares `contracts/` with the adapter and never its code.

Source: contracts/jd/
"""
