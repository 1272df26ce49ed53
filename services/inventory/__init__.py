"""inventory owns which seat or place is free, held, sold or blocked.

It promises that nothing is ever sold twice and that a hold lapses whole. It never knows what anything costs.
"""
