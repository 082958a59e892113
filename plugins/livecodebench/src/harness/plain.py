# Turns a value into text of plain values only: JSON, with tuples in parentheses, and with `?` and a
# string for what is not plain. Methods that a class overrides are not asked; and whatever a program
# patches changes its own answer and nothing else, for it is compared elsewhere.
from _json import encode_basestring_ascii as quote
from _operator import index

MAX_DEPTH = 200
MAX_VALUES = 4_000_000
REPR_CHARS = 300


def to_text(value):
    parts = []
    # A returned tuple counts as a list; one inside of another value does not.
    if isinstance(value, tuple):
        value = list(value)
    encode(value, parts, 0)
    return "".join(parts)


def encode(value, parts, depth):
    if value is None or value is True or value is False:
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int):
        parts.append(int.__repr__(value))
    elif isinstance(value, float):
        parts.append(float.__repr__(value))
    elif isinstance(value, str):
        parts.append(quote(value))
    elif depth >= MAX_DEPTH or len(parts) > MAX_VALUES:
        parts.append('?"a value that is too deep or too large"')
    elif isinstance(value, list):
        sequence("[", list.__iter__(value), "]", parts, depth)
    elif isinstance(value, tuple):
        sequence("(", tuple.__iter__(value), ")", parts, depth)
    elif isinstance(value, dict) and all(isinstance(key, str) for key in dict.keys(value)):
        mapping(value, parts, depth)
    else:
        other(value, parts)


def sequence(start, values, end, parts, depth):
    separator = start
    for value in values:
        parts.append(separator)
        encode(value, parts, depth + 1)
        separator = ","
    parts.append(end if separator == "," else start + end)


def mapping(value, parts, depth):
    separator = "{"
    for key, item in dict.items(value):
        parts.append(separator + quote(key) + ":")
        encode(item, parts, depth + 1)
        separator = ","
    parts.append("}" if separator == "," else "{}")


def other(value, parts):
    try:
        # Integers of numpy and its like.
        parts.append(int.__repr__(index(value)))
        return
    except TypeError:
        pass
    try:
        text = repr(value)[:REPR_CHARS]
    except Exception:
        text = "a value without a representation"
    parts.append("?" + quote(text))
