"""pricing owns what things cost: coupons, their redemptions, and what half-price means.

It promises that a quote's unit prices sum up exactly to its total and that no coupon is used more often than it may be,
in all or by one participant. It never takes a price from a buyer and never knows what is free or sold.
"""
