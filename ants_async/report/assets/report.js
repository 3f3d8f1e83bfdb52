
/* The table of failures. Foreign words go into the page as text alone, never as HTML. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.querySelector(".unreached");
  const A_PAGE = 25;
  const word = (name) => data.words[name][document.documentElement.lang === "th" ? 1 : 0];
  const count = (number) => number.toLocaleString("en");
  const retitle = () => { document.title = document.title.split(" · ")[0] + " · " + word("report"); };
  document.addEventListener("language", retitle);
  if (!table) return;

  const search = document.getElementById("search");
  const chips = [...document.querySelectorAll("[data-fate]")];
  const [previous, next] = ["previous", "next"].map((id) => document.getElementById(id));
  let found = data.rows, first = 0, fate = "";

  const element = (name, text, kind) => {
    const made = document.createElement(name);
    if (text !== undefined && text !== null) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const line = ([row, to, cause, network, at, id]) => {
    const [what, status, error] = data.causes[cause];
    const made = element("tr");
    const outcome = element("td");
    outcome.append(element("i", null, "swatch " + what), word(what));
    const why = element("td");
    why.append(element("span", error || status || "–", "code"));
    if (error && status) why.append(element("span", status, "beside"));
    const number = element("td", to, "code");
    if (id) number.title = id;
    made.append(element("td", count(row)), number, outcome, why, element("td", network, "code"), element("td", at));
    return made;
  };
  const draw = () => {
    const shown = found.slice(first, first + A_PAGE);
    table.tBodies[0].replaceChildren(...shown.map(line));
    const said = shown.length
      ? word("shown").replace("{from}", count(first + 1)).replace("{to}", count(first + shown.length)).replace("{count}", count(found.length))
      : word("none_found");
    document.getElementById("shown").textContent = said;
    previous.disabled = first === 0;
    next.disabled = first + A_PAGE >= found.length;
  };
  const matches = (wanted) => (row) => {
    const [what, status, error] = data.causes[row[2]];
    if (fate && what !== fate) return false;
    return !wanted || [row[0], row[1], row[3], row[4], row[5], status, error, ...data.words[what]]
      .some((cell) => cell !== null && String(cell).toLowerCase().includes(wanted));
  };
  const seek = () => {
    found = data.rows.filter(matches(search.value.trim().toLowerCase()));
    first = 0;
    draw();
  };
  search.addEventListener("input", seek);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      fate = chip.dataset.fate;
      for (const one of chips) one.setAttribute("aria-pressed", String(one === chip));
      seek();
    });
  }
  previous.addEventListener("click", () => { first -= A_PAGE; draw(); });
  next.addEventListener("click", () => { first += A_PAGE; draw(); });
  document.addEventListener("language", draw);
})();
