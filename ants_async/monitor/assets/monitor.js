
/* Campaigns, as the stream tells them. Foreign words go into the page as text alone, never as HTML. */
(() => {
  const WORDS = JSON.parse(document.getElementById("words").textContent);
  const FATES = ["delivered", "undeliverable", "expired", "rejected", "unresolved", "waiting", "unsent"];
  const MOST_POINTS = 600;
  const list = document.getElementById("campaigns");
  const article = document.getElementById("campaign");
  const trouble = document.getElementById("trouble");
  const links = new Map();
  let points = {}, shown = null, lost = false;

  const thai = () => document.documentElement.lang === "th";
  const word = (name, values = {}) =>
    WORDS[name][thai() ? 1 : 0].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const count = (number) => Math.round(number).toLocaleString("en");
  const percent = (part, whole) => {
    if (!whole) return "–";
    const share = (part / whole) * 100;
    if (part && share < 0.1) return "<0.1%";
    if (part === 0 || part === whole) return `${share.toFixed(0)}%`;
    return `${Math.min(share, 99.9).toFixed(1)}%`;
  };
  const duration = (seconds) => {
    const whole = Math.max(Math.round(seconds), 1);
    const pairs = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const first = pairs.findIndex(([size]) => whole >= size);
    let rest = whole;
    return pairs.slice(first, first + 2).map(([size, unit]) => {
      const number = Math.floor(rest / size);
      rest %= size;
      return number ? `${number}\u00a0${word(unit)}` : "";
    }).filter(Boolean).join(" ");
  };
  const clock = (seconds) => {
    const at = new Date(seconds * 1000);
    return [at.getHours(), at.getMinutes(), at.getSeconds()].map((one) => String(one).padStart(2, "0")).join(":");
  };

  const element = (name, kind, ...inside) => {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    made.append(...inside);
    return made;
  };
  const drawn = (name, attributes, ...inside) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };
  const meter = (parts, whole) => {
    const bar = drawn("svg", { class: "meter", viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" });
    let x = 0;
    for (const [kind, part] of parts) {
      const wide = whole ? (part / whole) * 100 : 0;
      if (wide > 0) bar.append(drawn("rect", { class: kind, x, width: wide, height: 1 }));
      x += wide;
    }
    return bar;
  };

  /* What became of everybody. A group that is none of ours counts as unresolved, as in the report. */
  const fates = (one) => {
    const found = { delivered: 0, undeliverable: 0, expired: 0, rejected: one.rejected, unresolved: one.unresolved };
    for (const [group, number] of Object.entries(one.groups)) {
      const name = group.toLowerCase();
      found[Object.hasOwn(found, name) ? name : "unresolved"] += number;
    }
    return { ...found, waiting: one.accepted, unsent: one.whole - one.total + one.planned };
  };

  const drawList = () => {
    const chosen = current();
    for (const [id, link] of links) {
      if (!shown.campaigns.some((one) => one.id === id)) { link.parentElement.remove(); links.delete(id); }
    }
    shown.campaigns.forEach((one, place) => {
      let link = links.get(one.id);
      if (!link) {
        link = element("a");
        link.href = `#${encodeURIComponent(one.id)}`;
        links.set(one.id, link);
        element("li", "", link);
      }
      const sent = one.total - one.planned;
      const found = fates(one);
      link.setAttribute("aria-current", String(one.id === chosen?.id));
      link.replaceChildren(
        element("span", "name", one.id),
        element("span", `state ${one.state}`, word(one.state)),
        meter(FATES.map((name) => [name, found[name]]), one.whole),
        element("span", "beside", `${word("sent")} ${word("of_whole", { part: count(sent), whole: count(one.whole) })}`),
      );
      if (list.children[place] !== link.parentElement) list.insertBefore(link.parentElement, list.children[place] || null);
    });
    const rest = [...list.children].filter((one) => one.classList.contains("note"));
    for (const one of rest) one.remove();
    if (shown.left_out) list.append(element("li", "note", word("more_campaigns", { count: count(shown.left_out) })));
  };

  const current = () => {
    const wanted = location.hash.slice(1); // compared as it is: not everything there can be decoded
    return shown.campaigns.find((one) => encodeURIComponent(one.id) === wanted) || shown.campaigns.find((one) => !one.over) || shown.campaigns[0];
  };

  const tile = (kind, figure, note) => element(
    "li", kind, element("p", "what", word(kind)), element("p", "figure", figure), element("p", "note", note),
  );
  const tiles = (one, found) => {
    const sent = one.total - one.planned;
    const ended = one.final + one.rejected + one.unresolved;
    const rate = one.sending >= 10 ? count(one.sending) : String(Number(one.sending.toFixed(1)));
    const left = one.left === null ? "–" : one.left ? duration(one.left) : "–";
    const why = one.over || (one.read && !one.planned) ? word("is_over") : one.left === null ? word("unknown_left") : word("to_go", { count: count(one.whole - sent) });
    return element("ul", "tiles",
      tile("sent", percent(sent, one.whole), word("of_whole", { part: count(sent), whole: count(one.whole) })),
      tile("delivered", percent(found.delivered, sent), word("of_whole", { part: count(found.delivered), whole: count(sent) })),
      tile("rate_now", `${rate}/${word("s")}`, one.sending ? `${word("ended")} ${count(one.ending)}/${word("s")}` : word("no_rate")),
      tile("all_sent_in", left, why),
    );
  };

  const table = (one, found) => {
    const body = element("tbody");
    for (const name of FATES) {
      const head = element("th", "", element("i", `swatch ${name}`), word(name));
      head.scope = "row";
      body.append(element("tr", found[name] ? "" : "zero", head, element("td", "", count(found[name])), element("td", "", percent(found[name], one.whole))));
    }
    const foot = element("tfoot");
    const sum = (name, number) => {
      const head = element("th", "", word(name));
      head.scope = "row";
      foot.append(element("tr", "", head, element("td", "", count(number)), element("td")));
    };
    sum("recipients", one.whole);
    sum("duplicates", one.duplicates);
    if (one.suppressed) sum("suppressed", one.suppressed);
    return element("table", "fates", element("caption", "unseen", word("recipients")), body, foot);
  };

  /* Counts over the time watched: shapes stretch with the width, words do not. */
  const HEIGHT = 310, TOP = 12, PLOT = 268, WIDE = 1000;
  const chart = (one) => {
    const some = points[one.id] || [];
    const picture = drawn("svg", { class: "chart", height: HEIGHT, role: "img", "aria-labelledby": "course" });
    const top = Math.max(one.whole, 1);
    const [start, end] = [some[0]?.[0] ?? 0, Math.max(some.at(-1)?.[0] ?? 1, (some[0]?.[0] ?? 0) + 1)];
    const x = (at) => (((at - start) / (end - start)) * WIDE).toFixed(1);
    const y = (number) => (PLOT * (1 - number / top)).toFixed(1);
    for (const share of [0, 0.5, 1]) {
      const height = TOP + PLOT * (1 - share);
      picture.append(
        drawn("line", { class: share ? (share === 1 ? "whole" : "grid") : "axis", x2: "100%", y1: height, y2: height }),
        drawn("text", { x: -8, y: height + 4, "text-anchor": "end" }, brief(top * share)),
      );
    }
    const line = (place) => some.map((point) => `${x(point[0])} ${y(point[place])}`);
    const area = (place) => `M0 ${PLOT} L${line(place).join(" L")} L${WIDE} ${PLOT} Z`;
    const inner = drawn("svg", { y: TOP, width: "100%", height: PLOT, viewBox: `0 0 ${WIDE} ${PLOT}`, preserveAspectRatio: "none" });
    inner.append(
      drawn("path", { class: "area failed", d: area(2) }),
      drawn("path", { class: "area delivered", d: area(3) }),
      drawn("path", { class: "line sent", d: `M${line(1).join(" L")}` }),
    );
    picture.append(inner);
    for (const [share, anchor] of [[0, "start"], [0.5, "middle"], [1, "end"]]) {
      picture.append(drawn("text", { x: `${share * 100}%`, y: HEIGHT - 8, "text-anchor": anchor }, clock(start + (end - start) * share)));
    }
    return picture;
  };
  const brief = (number) => {
    if (number >= 1e6) return `${Number((number / 1e6).toFixed(2))}M`;
    return number >= 1e4 ? `${Number((number / 1e3).toFixed(1))}k` : count(number);
  };
  const legend = () => element("ul", "legend", ...["sent", "delivered", "lost_ones", "recipients"].map((name) => {
    const kind = { lost_ones: "failed", recipients: "whole" }[name] || name;
    return element("li", "", element("i", `swatch ${kind}`), word(name === "lost_ones" ? "failed" : name));
  }));

  const drawOne = () => {
    const one = current();
    if (!one) {
      article.replaceChildren(element("p", "empty", word("none_yet")));
      return;
    }
    const found = fates(one);
    const head = element("header", "head", element("h2", "", one.id, " ", element("span", `state ${one.state}`, word(one.state))),
      element("p", "text", one.text ?? word("own_text")));
    if (one.reason) head.append(element("p", "reason", one.reason));
    if (!one.read) head.append(element("p", "note", word("reading")));
    const course = element("h3", "", word("course"));
    course.id = "course";
    const all = element("h3", "", word("where_all_are"));
    article.replaceChildren(head, tiles(one, found), element("div", "lower",
      element("section", "", course, ...((points[one.id] || []).length > 1 ? [legend(), chart(one)] : [element("p", "empty", word("no_course"))])),
      element("section", "", all, meter(FATES.map((name) => [name, found[name]]), one.whole), table(one, found))));
  };

  const draw = () => {
    const said = [lost ? word("lost") : "", shown?.error || ""].filter(Boolean).join(" ");
    if (trouble.textContent !== said) trouble.textContent = said;
    trouble.hidden = !said;
    if (!shown) return;
    document.title = word("monitor");
    drawList();
    drawOne();
    document.getElementById("updated").textContent = shown.at ? word("updated", { time: clock(shown.at) }) : "";
  };

  const take = (update) => {
    if (update.points) points = update.points;
    else if (!update.error) {
      for (const one of update.campaigns) {
        const some = (points[one.id] ||= []);
        if (one.point[0] !== some.at(-1)?.[0]) some.push(one.point);
        if (some.length > MOST_POINTS) points[one.id] = some.filter((_, place) => place % 2 === 0);
      }
    }
    shown = update;
  };
  const stream = new EventSource("/events");
  stream.addEventListener("message", (event) => { lost = false; take(JSON.parse(event.data)); draw(); });
  stream.addEventListener("error", () => { lost = true; draw(); });
  addEventListener("hashchange", () => { if (shown) { draw(); if (innerWidth <= 760) article.scrollIntoView(); } });
  document.addEventListener("language", draw);
})();
