"""The system under test, as the records describe it: what all runs share once, what differs run by run."""

from analysis.report.markup import h, scrolling

FIRST = ("host", "topology", "system", "build", "calibration")
LEFT_OUT = ("schema", "record", "id", "warnings")  # the warnings stand on top of the page
MOST_RUNS = 6  # whose differing values are shown without being asked for


def section(environments):
    """`environments`: by id, those that the trials name."""
    known = {name: _flat({key: value for key, value in environment.facts.items() if key not in LEFT_OUT})
             for name, environment in environments.items() if environment.facts}
    if not known:
        return [h("p", "These files say nothing about the machine.")]
    keys = sorted({key for facts in known.values() for key in facts}, key=_order)
    shared = [(key, values) for key in keys if len(values := {facts.get(key, "") for facts in known.values()}) == 1]
    parts = [_table([(key, next(iter(values))) for key, values in shared], ("item", "value"), "plain facts")]
    differing = [key for key in keys if key not in dict(shared)]
    if differing:
        rows = [(key, *(facts.get(key, "") for facts in known.values())) for key in differing]
        parts.append(h("details", h("summary", f"What differs between the {len(known)} runs ({len(differing)} items)"),
                       scrolling("What differs between runs", _table(rows, ("item", *known), "plain")),
                       open=len(known) <= MOST_RUNS))
    return parts


def _order(key):
    """Groups as the records have them, and in each the order of the alphabet."""
    group = key.split(".")[0]
    return (FIRST.index(group) if group in FIRST else len(FIRST)), key


def _flat(value, name=""):
    """Nested objects as names with dots; lists in one line."""
    if isinstance(value, dict) and value:
        inner = ((f"{name}.{child}" if name else str(child), one) for child, one in value.items())
        return {key: text for child, one in inner for key, text in _flat(one, child).items()}
    if isinstance(value, list):
        return {name: ", ".join(map(str, value))}
    return {name: {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)}


def _table(rows, heads, class_):
    return h("table", h("thead", h("tr", [h("th", head, scope="col") for head in heads])),
             h("tbody", [h("tr", h("th", row[0], scope="row"), [h("td", value) for value in row[1:]]) for row in rows]),
             class_=class_)
