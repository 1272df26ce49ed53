"""The person behind each subject, as identity's GuestMerged tells it.

A guest's session is a subject of its own until its e-mail address is proven. Then it is merged into the person of that
address. A context that knows subjects follows the fact with record(), and moves the subject's rows to the person. It
asks person_behind() before it writes a new row for a subject, so that the row is the person's.
"""

from services.kit.db.database import Tx


async def person_of(tx: Tx, subject_id: str) -> str:
    """The person that a subject was merged into, or the subject itself."""
    row = await tx.one("SELECT person_id FROM subject_person WHERE subject_id = $1", subject_id)
    return row[0] if row else subject_id


async def person_behind(tx: Tx, subject_id: str) -> str:
    """Like person_of(), for a transaction that writes rows of the person. It locks the subject's row, and so waits for
    a merge in another transaction, or makes that merge wait."""
    await tx.run(
        "INSERT INTO subject_person (subject_id, person_id) VALUES ($1, $1) ON CONFLICT DO NOTHING", subject_id
    )
    rows = await tx.lock("SELECT person_id FROM subject_person WHERE subject_id = $1", subject_id)
    person_id: str = rows[0][0]
    return person_id


async def record(tx: Tx, from_subject_id: str, into_subject_id: str) -> str:
    """Records that a subject, with all that were merged into it, was merged into another. Returns the person behind
    both; it is the first subject itself if the other one was merged into that before, and then nothing changes."""
    person_id = await person_behind(tx, into_subject_id)
    if person_id == from_subject_id:
        return person_id
    await tx.lock("SELECT subject_id FROM subject_person WHERE person_id = $1 ORDER BY subject_id", from_subject_id)
    await tx.run("UPDATE subject_person SET person_id = $2 WHERE person_id = $1", from_subject_id, person_id)
    recorded = """
        INSERT INTO subject_person (subject_id, person_id) VALUES ($1, $2)
        ON CONFLICT (subject_id) DO UPDATE SET person_id = excluded.person_id
    """
    await tx.run(recorded, from_subject_id, person_id)
    return person_id
