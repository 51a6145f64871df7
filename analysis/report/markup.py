"""HTML by one function, `h`, so that there is one place where text is escaped.

Whatever is not `Markup` is text: it comes from a record, that is, from anybody. Only `h`, `join` and the few who have made
sure otherwise (our own style, script and drawings) make `Markup`.
"""

from html import escape

from analysis.tables import printable

VOID = ("meta", "link", "br", "input", "col")


class Markup(str):
    """Text that is HTML already."""


def h(name, *children, **attributes):
    """An element. Children: text, markup, lists of them, or None. `class_` is class, `data_v` is data-v; None and False are
    left out, True is an attribute without a value."""
    opening = f"<{name}{''.join(map(_attribute, attributes, attributes.values()))}>"
    return Markup(opening if name in VOID else f"{opening}{join(children)}</{name}>")


def join(children, between=""):
    """Children in a row; `between` is escaped like them."""
    return Markup(_text(between).join(map(_text, children)))


def plural(n, word):
    return f"{n} {word if n == 1 or word.endswith('s') else f'{word}s'}"


def scrolling(label, *children, class_=""):
    """What may be wider than the page, in a frame of its own that the keyboard reaches."""
    return h("div", *children, class_=f"scroll {class_}".strip(), tabindex="0", role="region", aria_label=label)


def _text(child):
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    return join(child) if isinstance(child, (list, tuple)) else escape(printable(child))


def _attribute(name, value):
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(printable(value))}"'
