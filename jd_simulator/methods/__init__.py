"""JD's methods: read the parameters, ask the shop, shape the answer. No HTTP, no signatures.

Source: contracts/jd/<method>/
"""
