"""orders owns purchases and carries each one through to PAID or FAILED, whatever fails on the way.

It promises that nobody is charged without getting tickets, and that an answered checkout is never forgotten. It never
talks to a payment provider and never decides who sits where.
"""
