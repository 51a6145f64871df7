"""The report in a real browser: it sorts, filters, changes its light, fits a phone, and nothing leaves it or runs in it.

Chromium is driven over the WebDriver protocol, which is a handful of JSON requests. A machine without it fails these tests.
"""

import json
import shutil
import subprocess
import urllib.request

import pytest

from analysis.cli import main
from analysis.conftest import environment, failed, trial, unbelievable

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # W3C WebDriver, section 12
ENTER = "\ue007"
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><script>alert(2)</script>",
           "javascript:alert(3)",
           "\\input{x}", "../../etc/passwd", "y" * 200, "--><svg onload=alert(4)>", "'\"`${alert(5)}", "&lt;i&gt;"]


class Browser:
    def __init__(self, folder):
        chromium, driver = (shutil.which(name) or pytest.fail(f"{name} is not installed")
                            for name in ("chromium", "chromedriver"))
        self._driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = next(line.split("port ")[1].strip(" .\n") for line in self._driver.stdout if "successfully on port" in line)
        self._url = f"http://127.0.0.1:{port}/session"
        options = {"binary": chromium, "args": [*FLAGS, f"--user-data-dir={folder}", "--window-size=1200,900"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                  "unhandledPromptBehavior": "ignore"}
        self._url += "/" + self._ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as problem:
            return json.load(problem)["value"]

    def open(self, url):
        self._ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        answer = self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})
        assert not (isinstance(answer, dict) and "stacktrace" in answer), answer
        return answer

    def press(self, selector, keys):
        element = self._ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]
        assert self._ask("POST", f"/element/{element}/value", {"text": keys}) is None

    def log(self, kind):
        return self._ask("POST", "/se/log", {"type": kind})

    def requests(self):
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    def alert(self):
        answer = self._ask("GET", "/alert/text")
        return None if isinstance(answer, dict) and answer["error"] == "no such alert" else answer

    def emulate(self, command, **parameters):
        self._ask("POST", "/goog/cdp/execute", {"cmd": f"Emulation.{command}", "params": parameters})

    def close(self):
        self._ask("DELETE", "")
        self._driver.terminate()
        self._driver.wait(20)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("browser"))
    yield found
    found.close()


def records():
    lines = [environment()]
    for i, name in enumerate(["std/mutex", "mcs/spin", "ttas/backoff", *HOSTILE]):
        for threads in (1, 2, 10):
            lines += [trial(name, threads, rate=1e6 * (i + 1) + 1e4 * block, block=100 * threads + block, workload=workload)
                      for workload in ("counter", HOSTILE[0]) for block in range(4)]
    hostile = {"system": {name: name for name in HOSTILE}, "warnings": HOSTILE, "host": {"name": HOSTILE[0], "cpu": HOSTILE[1]}}
    lines[0].update(hostile)
    return lines + [trial("slow/lock", 1, rate=950e3), failed(trial("std/mutex", 4), reason=HOSTILE[1]),
                    unbelievable(trial("mcs/spin", 4), HOSTILE[0]),
                    trial(HOSTILE[7], 2, params={HOSTILE[1]: HOSTILE[2]}, command=HOSTILE[0], run=HOSTILE[1])]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records()))
    assert main(["report", str(folder / "a.jsonl"), "-o", str(folder / "r.html")]) == 0
    return (folder / "r.html").as_uri()


@pytest.fixture
def opened(browser, report):
    browser.emulate("clearDeviceMetricsOverride")
    browser.emulate("setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    browser.log("browser"), browser.log("performance")
    browser.open("about:blank")
    browser.open(report)
    return browser


def shown(browser, column):
    """The cells of a column, of the rows that can be seen."""
    return browser.run("""const names = [...document.querySelectorAll("#table th")].map(one => one.textContent);
        return [...document.querySelectorAll("#table tbody tr")].filter(row => row.offsetParent)
            .map(row => row.cells[names.indexOf(arguments[0])].textContent)""", column)


def head(browser, column):
    return browser.run("""return 1 + [...document.querySelectorAll("#table th")]
        .findIndex(one => one.textContent === arguments[0])""", column)


def sort_by(browser, column):
    browser.press(f"#table th:nth-child({head(browser, column)}) button", ENTER)


def order(browser):
    return browser.run("""return [...document.querySelectorAll("#table th")].map(one => one.getAttribute("aria-sort"))""")


def test_sorts_numbers_by_value_with_the_keyboard_and_says_so(opened):
    sort_by(opened, "threads")
    assert shown(opened, "threads") == sorted(shown(opened, "threads"), key=int)
    assert order(opened)[head(opened, "threads") - 1] == "ascending"
    sort_by(opened, "threads")
    assert shown(opened, "threads") == sorted(shown(opened, "threads"), key=int, reverse=True)
    assert [one for one in order(opened) if one != "none"] == ["descending"]


def test_sorts_by_a_click_and_leaves_what_is_empty_at_the_end(opened):
    opened.run(f"document.querySelector('#table th:nth-child({head(opened, 'items/s')}) button').click()")
    rates = shown(opened, "items/s")
    assert (rates[0], rates[-1]) == ("950.0 k", "")
    values = [float(number.replace(" M", "")) for number in rates if number.endswith("M")]
    assert values == sorted(values) and len(values) > 60
    sort_by(opened, "items/s")
    assert shown(opened, "items/s")[-2:] == ["950.0 k", ""]


def test_filters_by_words_workload_and_verdict(opened):
    every = len(shown(opened, "threads"))
    opened.press("#find", "mcs COUNTER")
    assert set(shown(opened, "implementation")) == {"mcs/spin"} and set(shown(opened, "workload")) == {"counter"}
    assert opened.run("return document.getElementById('shown').textContent") == f"4 of {every} rows"
    opened.run("document.getElementById('clear').click()")
    choose(opened, "only-verdict", "=hang")
    assert shown(opened, "verdict") == ["hang"]
    choose(opened, "only-verdict", "")
    choose(opened, "only-workload", f"={HOSTILE[0]}")
    assert set(shown(opened, "workload")) == {HOSTILE[0]}
    opened.run("document.getElementById('clear').click()")
    assert len(shown(opened, "threads")) == every


def choose(browser, ident, value):
    browser.run("""const one = document.getElementById(arguments[0]); one.value = arguments[1];
        one.dispatchEvent(new Event("change"))""", ident, value)


def test_a_link_to_a_hidden_row_shows_it(opened):
    opened.press("#find", "no row has this")
    assert shown(opened, "threads") == []
    opened.run("document.querySelector('#winners a').click()")
    opened.run("return new Promise(done => setTimeout(done, 50))")
    assert opened.run("return document.querySelector('#table tr:target').offsetParent !== null")


BACK = "return getComputedStyle(document.body).backgroundColor"


def test_is_dark_where_the_reader_is_and_where_it_is_asked_to(opened):
    light = opened.run(BACK)
    opened.press("#theme", ENTER)
    dark = opened.run(BACK)
    assert light == "rgb(255, 255, 255)" and dark != light
    opened.press("#theme", ENTER)
    assert opened.run(BACK) == light
    opened.open("about:blank")
    opened.emulate("setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    opened.run("history.back()")
    opened.run("return new Promise(done => setTimeout(done, 200))")
    assert opened.run(BACK) == dark
    opened.press("#theme", ENTER)
    assert opened.run(BACK) == light


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_is_wider_than_the_screen(opened, width):
    opened.emulate("setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    opened.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert opened.run("return innerWidth") == width
    assert opened.run("""return [...document.querySelectorAll("body *")].filter(one => !one.closest(".scroll > *") &&
        one.getBoundingClientRect().right > innerWidth + 1)
        .map(one => one.tagName + one.className + one.textContent.slice(0, 60))""") == []
    assert opened.run("return document.documentElement.scrollWidth") <= width


def test_nothing_runs_nothing_is_asked_for_and_nothing_is_complained_about(opened, report):
    opened.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    sort_by(opened, "implementation")
    assert opened.alert() is None
    assert {url for url in opened.requests() if url != "about:blank" and not url.startswith("data:")} == {report}
    assert [entry["message"] for entry in opened.log("browser")] == []


def test_hostile_names_are_text(opened):
    assert set(HOSTILE) <= set(shown(opened, "implementation"))
    assert opened.run("""return [document.images.length, document.scripts.length,
        document.querySelectorAll("style").length,
        document.querySelectorAll("iframe, object, embed, base").length]""") == [0, 1, 1, 0]
    assert opened.run("""return [...document.querySelectorAll("*")].filter(one => [...one.attributes].some(found =>
        found.name.startsWith("on") || /^\\s*javascript:/i.test(found.value) && found.name === "href")).length""") == 0


def test_figures_are_drawn_and_have_ids_of_their_own(opened):
    assert opened.run("return document.querySelectorAll('figure svg').length") > 5
    assert opened.run("""const found = [...document.querySelectorAll("[id]")].map(one => one.id);
        return found.filter((one, i) => found.indexOf(one) !== i)""") == []
    assert opened.run("""return [...document.querySelectorAll("use")]
        .filter(one => !document.querySelector(one.getAttribute("href"))).length""") == 0
    stroke = opened.run("return getComputedStyle(document.querySelector('figure svg path[stroke-width]')).strokeWidth")
    assert stroke != "1px"  # what it would be if the policy had dropped the style


def test_the_control_sees_a_request_an_alert_and_a_complaint(browser, tmp_path):
    """What the other tests do not find they would have found."""
    page = tmp_path / "control.html"
    page.write_text("<img src='http://127.0.0.1:9/x'><script>console.error('bad'); setTimeout(() => alert(1))</script>")
    browser.log("browser"), browser.log("performance")
    browser.open(page.as_uri())
    assert browser.alert() == "1"
    browser._ask("POST", "/alert/accept", {})
    assert "http://127.0.0.1:9/x" in browser.requests()
    assert any("bad" in entry["message"] for entry in browser.log("browser"))
