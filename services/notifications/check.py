"""What the rules on the fields cannot say about requests to notifications."""

from eventhub.refusals import PageTokenInvalid
from services.kit.pages import Page
from services.notifications.notices import SortKey


def sort_key(page: Page) -> SortKey | None:
    """Where a page begins; None for the first. Raises PageTokenInvalid for a token that is not ours."""
    match page.after:
        case ():
            return None
        case (int(written_us), str(notification_id)):
            return written_us, notification_id
    raise PageTokenInvalid
