"""E-mail addresses: the form that is compared, and the mailbox behind one. Decisions only."""

DOTS_DO_NOT_COUNT = {"gmail.com", "googlemail.com"}


def normalize(email: str) -> str:
    """An e-mail address in the form that is compared and stored."""
    return email.strip().lower()


def mailbox(email: str) -> str:
    """The mailbox behind an address, as far as it is known: addresses that differ in a +tag, or in dots at Gmail, share
    a mailbox. Use it to count, not to send mail."""
    name, _, domain = normalize(email).rpartition("@")
    name = name.partition("+")[0] or name
    return f"{name.replace('.', '') if domain in DOTS_DO_NOT_COUNT else name}@{domain}"
