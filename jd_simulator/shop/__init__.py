"""The shop at JD: its SKUs and stock, its orders and what happens to them. Knows no HTTP.

Source: contracts/jd/
"""
