"""reporting adds up what the other contexts tell: sales, coupons, occupancy, admissions.

It promises that its numbers follow from the facts alone, so its database can be thrown away and is built again from the
feeds. It owns nothing, tells nobody anything and never decides what may be sold.
"""
