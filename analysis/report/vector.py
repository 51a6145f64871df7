"""A drawing as SVG inside a page: a third of its size, without a name that another drawing on the page has too.

What matplotlib writes is a document of its own: with a style sheet that would rule the whole page, styles in attributes,
which a strict policy forbids, and the same ids in every file. Text stays text: it can be selected and searched.
"""

import re
from html import escape
from xml.etree import ElementTree

import matplotlib

from analysis import style
from analysis.report.markup import Markup

SVG, HREF = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
FONTS = "DejaVu Sans, Verdana, sans-serif"  # the second is as wide as the first, which the drawing was made for
NUMBER = re.compile(r"-?\d+\.\d+")
FLAT = re.compile(r"rotate\(-?0 [^)]*\)")
REFERENCE = re.compile(r"url\(#([^)]*)\)")
GEOMETRY = ("d", "x", "y", "width", "height", "transform", "points")


def inline(drawing, prefix, title):
    """`prefix`: of all its ids. `title`: what it shows, for those who do not see it. Call inside `style.applied()`."""
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        root = ElementTree.fromstring(style.render(drawing, "svg"))
    wanted = _referred(root)
    return Markup(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{root.get("viewBox")}" role="img" '
                  f'aria-label="{escape(title)}" font-family="{FONTS}" stroke-linejoin="round">'
                  f"{''.join(_written(child, wanted, prefix) for child in root)}</svg>")


def _referred(root):
    found = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            found.update([value[1:]] if name.endswith("href") else REFERENCE.findall(value))
    return found


def _written(element, wanted, prefix):
    name = element.tag.removeprefix(SVG)
    if name in ("metadata", "style") or name.startswith("{"):
        return ""
    attributes = _attributes(element, wanted, prefix)
    inside = "".join(_written(child, wanted, prefix) for child in element)
    text = escape(element.text) if name == "text" and element.text else ""
    if not inside and name in ("g", "defs"):
        return ""
    if name == "g" and not attributes:
        return inside
    listed = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{listed}>{text}{inside}</{name}>" if text or inside else f"<{name}{listed}/>"


def _attributes(element, wanted, prefix):
    found = {}
    for name, value in element.attrib.items():
        if name == "style":
            found.update(_presentation(value, prefix))
        elif name == "id":
            if value in wanted:
                found["id"] = prefix + value
        elif name == HREF:
            found["href"] = f"#{prefix}{value[1:]}"
        elif name in GEOMETRY:
            value = FLAT.sub("", _rounded(value)).strip()
            found.update({name: value} if value else {})
        else:
            found[name] = _prefixed(value, prefix)
    return found


def _presentation(rules, prefix):
    """The declarations of a style attribute as attributes of their own."""
    found = {}
    for rule in filter(None, map(str.strip, rules.split(";"))):
        name, value = (part.strip() for part in rule.split(":", 1))
        if name == "font":
            found["font-size"] = re.search(r"([\d.]+)px", value)[1]
            found.update({key: word for key, word in (("font-weight", "bold"), ("font-style", "italic")) if word in value})
        else:
            found[name] = _prefixed(value, prefix)
    return found


def _prefixed(value, prefix):
    return REFERENCE.sub(lambda found: f"url(#{prefix}{found[1]})", value)


def _rounded(text):
    """To a hundredth of a point, and path commands without the spaces that they do not need."""
    text = NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), text)
    return re.sub(r"\s*([MLQCzZ])\s*", r"\1", " ".join(text.split()))
