"""notifications owns what people are told, and its delivery: by stream and by e-mail.

It promises that everything is told at least once, and under the same message id if it must be told again. It never
keeps an address, a name, an access code, a ticket's code or a link: each is asked for anew whenever mail is sent.
"""
