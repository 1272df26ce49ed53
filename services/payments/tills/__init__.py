"""Tills: the cash boxes of clerks at the counter, shift by shift, and the sales in them."""
