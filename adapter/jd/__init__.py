"""The room that speaks to JD; nothing outside it knows how a call is made.

Method names, lists as comma-separated text, envelopes and codes of JD's `routerjson` protocol
stay in here. The rest of the adapter asks for nouns: search orders, set stock, list SKUs, ship an
order, carriers.

Source: contracts/jd.
"""
