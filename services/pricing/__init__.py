"""pricing owns quotes, coupons and the redemptions of coupons.

It promises that a quote's unit prices add up exactly to its total, and that no coupon is used more often than its
limits allow, in total and per participant. It never takes a price from a buyer and knows nothing about availability or
sales. Ticket prices, half prices and the reserve of places for half price are catalog's: see services/catalog/events.py
and services/catalog/half_price_reserve.py. Here half price means only that no coupon applies to it.
"""
