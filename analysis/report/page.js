// Sorts and filters the result table, and changes between light and dark. Everything is readable without it.
"use strict";
(() => {
  const root = document.documentElement, by = id => document.getElementById(id);

  const theme = by("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });

  const table = by("table"), body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows], texts = rows.map(row => [...row.cells].map(cell => cell.textContent).join(" ").toLowerCase());
  const placed = new Map(rows.map((row, i) => [row, i]));

  // Numbers by their value, words by the alphabet (t2 before t10); what is empty comes last either way.
  const key = (row, column) => {
    const cell = row.cells[column];
    return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent;
  };
  const sort = column => {
    const up = heads[column].getAttribute("aria-sort") !== "ascending", sign = up ? 1 : -1;
    heads.forEach((head, i) => head.setAttribute("aria-sort", i !== column ? "none" : up ? "ascending" : "descending"));
    const order = rows.map(row => [key(row, column), row]);
    order.sort(([a, first], [b, second]) => {
      if ((a === "") !== (b === "")) return a === "" ? 1 : -1;
      const numbers = typeof a === "number" && typeof b === "number";
      const difference = numbers ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});
      return sign * difference || placed.get(first) - placed.get(second);
    });
    body.append(...order.map(pair => pair[1]));
  };
  heads.forEach((head, i) => head.firstChild.addEventListener("click", () => sort(i)));

  const all = by("shown").textContent, find = by("find"), choices = ["only-workload", "only-verdict"].map(by);
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, i) => {
      const fits = words.every(word => texts[i].includes(word)) &&
        choices.every(one => !one.value || "=" + row.cells[one.dataset.column].textContent === one.value);
      row.hidden = !fits;
      count += fits;
    });
    by("shown").textContent = count === rows.length ? all : `${count} of ${rows.length} rows`;
  };
  const clear = () => {
    find.value = "";
    choices.forEach(one => { one.value = ""; });
    filter();
  };
  by("filters").hidden = false;
  by("filters").addEventListener("submit", event => event.preventDefault());
  find.addEventListener("input", filter);
  choices.forEach(one => one.addEventListener("change", filter));
  by("clear").addEventListener("click", clear);

  // A link to a row that is filtered out shows it again.
  addEventListener("hashchange", () => {
    const target = by(decodeURIComponent(location.hash.slice(1)));
    if (target && target.hidden && body.contains(target)) {
      clear();
      target.scrollIntoView({block: "center"});
    }
  });

  // On paper nothing can be unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach(one => { one.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach(one => { one.open = false; }));
})();
