"""The control room beside JD's API: where a test plays the buyers and JD's staff.

Everything is under `/_simulator`; what is wrong is answered as problem+json that names the field.
"""
