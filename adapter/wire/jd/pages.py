"""Reading JD's lists row by row, so that one bad row does not spoil the others."""

from pydantic import ValidationError

from adapter.wire.jd.values import JdModel


def apart(page: object, rows: str, model: type[JdModel], identity: str) -> object:
    """Read a page row by row, setting aside what cannot be read.

    Args:
        page: JD's object; anything else is handed back for the model to refuse.
        rows: The name JD gives to the list.
        model: What each row is.
        identity: The name JD gives to a row's number.

    Returns:
        The page with its rows read, and `unreadable` with the number and reason of the others.
    """
    if not isinstance(page, dict) or rows not in page:
        return page
    read, unreadable = [], []
    listed = page[rows] or []
    for row in listed if isinstance(listed, list) else (listed,):
        try:
            read.append(model.model_validate(row))
        except ValidationError as error:
            number = row.get(identity) if isinstance(row, dict) else None
            unreadable.append((str(number or ""), reasons(error)))
    return page | {rows: tuple(read), "unreadable": tuple(unreadable)}


def reasons(error: ValidationError) -> str:
    """Say what could not be read, by JD's field names and without any value.

    Args:
        error: What pydantic found.
    """
    return "; ".join(
        f"{'.'.join(map(str, found['loc'])) or 'it'}: {found['msg'].removeprefix('Value error, ')}"
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    )
