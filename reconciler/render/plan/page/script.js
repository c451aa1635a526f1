"use strict";
(() => {
  const plan = JSON.parse(document.getElementById("data").textContent);
  const BATCH = 60;      // blocks drawn at a time
  const OPEN_ROWS = 40;  // rows that are unfolded from the start
  const byId = (id) => document.getElementById(id);
  const MARKS = { create: "+", update: "~", replace: "±", delete: "−" };
  const filters = { text: "", tenant: "", verbs: new Set(), effects: new Set(), whose: new Set() };
  let shown = [];
  let drawn = 0;
  let allOpen = null;

  // Names are other people's: they only ever become text nodes.
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
      else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child != null && child !== ""));
    return node;
  }

  function text(value) {
    const wanted = filters.text;
    const at = wanted ? value.toLowerCase().indexOf(wanted) : -1;
    if (at < 0) return value;
    const end = at + wanted.length;
    return el("span", {}, value.slice(0, at), el("mark", {}, value.slice(at, end)), value.slice(end));
  }

  // ── head ────────────────────────────────────────────────────────────────────────────────────
  function head() {
    byId("title").textContent = plan.title;
    byId("place").textContent = plan.place;
    byId("tiles").append(...plan.tiles.map(([count, label, tone]) =>
      el("div", { class: `tile ${tone} ${count ? "" : "none"}` }, el("b", {}, count.toLocaleString("en")), el("span", {}, label))));
    if (plan.losses) { byId("losses").textContent = plan.losses; byId("losses").hidden = false; }
    chips("verbs", plan.verbs.map(([verb, count]) => [verb, `${MARKS[verb]} ${verb}`, count, verb]), filters.verbs);
    chips("effects", plan.effects.map(([slug, title, sentence, weight, count]) => [slug, title, count, weight, sentence]), filters.effects);
    chips("whose", plan.whose.map(([whose, count]) => [whose, whose, count, ""]), filters.whose);
  }

  function chips(id, entries, chosen) {
    byId(id).append(...entries.map(([value, label, count, tone, title]) => {
      const chip = el("button", { type: "button", class: `chip ${tone}`, "aria-pressed": "false", "data-value": value, title }, label, el("i", {}, count.toLocaleString("en")));
      chip.addEventListener("click", () => {
        chosen.has(value) ? chosen.delete(value) : chosen.add(value);
        chip.setAttribute("aria-pressed", String(chosen.has(value)));
        refresh();
      });
      return chip;
    }));
  }

  // ── filters ─────────────────────────────────────────────────────────────────────────────────
  const haystack = (owner, parts) => owner.haystack ??= parts().join("\n").toLowerCase();
  const rowText = (row) => haystack(row, () => [row.kind, row.key, row.short, row.why, row.place, row.jobs,
    ...row.effects.map((effect) => effect[1]), ...(row.changes || []).flat(), ...(row.fields || []).flat(),
    ...(row.own ? row.own.values.flat() : [])].filter(Boolean));
  const headText = (block) => haystack(block, () => [block.title || "", ...block.tenants.map((i) => plan.tenants[i]),
    ...(block.problems || []).flat(), ...(block.lines || [])]);

  function rowsOf(block) {
    if (filters.tenant && !block.tenants.some((i) => plan.tenants[i].toLowerCase().includes(filters.tenant))) return null;
    const byKind = filters.verbs.size || filters.effects.size || filters.whose.size;
    const inHead = !filters.text || headText(block).includes(filters.text);
    const isMeant = (i) => plan.tenants[i].toLowerCase().includes(filters.tenant);
    const rows = (block.rows || []).filter((row) =>
      (!filters.tenant || !row.on || row.on.some(isMeant)) &&
      (!filters.verbs.size || filters.verbs.has(row.verb)) &&
      (!filters.whose.size || filters.whose.has(row.whose)) &&
      (!filters.effects.size || row.effects.some(([slug]) => filters.effects.has(slug))) &&
      (inHead || rowText(row).includes(filters.text)));
    if (rows.length) return rows;
    return inHead && !byKind && !(block.rows || []).length ? [] : (inHead && !byKind && block.problems ? [] : null);
  }

  function refresh() {
    shown = [];
    for (const block of plan.blocks) {
      const rows = rowsOf(block);
      if (rows) shown.push([block, rows]);
    }
    const isFiltered = filters.text || filters.tenant || filters.verbs.size || filters.effects.size || filters.whose.size;
    byId("clear").hidden = !isFiltered;
    byId("main").replaceChildren();
    drawn = 0;
    more();
  }

  function more() {
    const main = byId("main");
    const few = shown.reduce((sum, [, rows]) => sum + rows.length, 0) <= OPEN_ROWS;
    let rowsDrawn = 0;
    for (const [block, rows] of shown.slice(drawn, drawn + BATCH)) {
      const last = main.lastElementChild;
      if (!last || last.dataset.section !== block.section) {
        if (!main.querySelector(`h2[data-section="${CSS.escape(block.section)}"]`))
          main.append(el("h2", { class: "section", "data-section": block.section }, plan.sections[block.section]));
      }
      rowsDrawn += rows.length;
      const isOpen = allOpen ?? (few || (drawn === 0 && rowsDrawn <= OPEN_ROWS));
      main.append(drawBlock(block, rows, isOpen));
    }
    drawn = Math.min(drawn + BATCH, shown.length);
    byId("more").hidden = drawn >= shown.length;
    byId("count").textContent = shown.length
      ? `${drawn.toLocaleString("en")} of ${shown.length.toLocaleString("en")} blocks shown` : (plan.blocks.length ? "Nothing matches the filters." : "Nothing to do: everything matches its manifests.");
  }

  // ── blocks ──────────────────────────────────────────────────────────────────────────────────
  function drawBlock(block, rows, isOpen) {
    const name = block.title || plan.tenants[block.tenants[0]];
    const aside = el("span", { class: "aside" }, ...tallies(block.rows || []));
    if (block.tenants.length === 1 && block.graph != null) aside.append(graphButton(block.tenants[0]));
    const node = el("details", { class: `block ${block.tone || ""}`, "data-section": block.section, open: isOpen },
      el("summary", {}, el("span", { class: "name" }, text(name)), aside));
    const fill = () => {
      if (node.childElementCount > 1) return;
      if (block.tenants.length > 1) node.append(who(block));
      for (const problem of block.problems || []) node.append(drawProblem(problem));
      for (const row of rows) node.append(drawRow(row, block));
      for (const line of block.lines || []) node.append(el("div", { class: "plain" }, text(line)));
    };
    if (isOpen) fill();
    node.addEventListener("toggle", fill);
    return node;
  }

  function tallies(rows) {
    const counts = {};
    for (const row of rows) counts[row.verb] = (counts[row.verb] || 0) + 1;
    return Object.keys(MARKS).filter((verb) => counts[verb])
      .map((verb) => el("span", { class: `tally ${verb}`, title: verb }, `${MARKS[verb]}${counts[verb]}`));
  }

  function who(block) {
    const node = el("div", { class: "who" });
    const list = (indexes, most) => {
      node.replaceChildren();
      indexes.slice(0, most).forEach((index, at) => node.append(at ? ", " : "", tenantLink(index)));
      if (indexes.length > most) node.append(" ", el("a", { role: "button", tabindex: "0", on: { click: () => list(indexes, Infinity) } }, `… ${(indexes.length - most).toLocaleString("en")} more`));
      if (block.exceptions && block.exceptions.length) {
        node.append(el("br"), "Not the same: ");
        block.exceptions.slice(0, 200).forEach((index, at) => node.append(at ? ", " : "", tenantLink(index)));
      }
    };
    list(block.tenants, 24);
    return node;
  }

  const tenantLink = (index) => el("a", { role: "button", tabindex: "0", title: "Draw what waits for what", on: { click: () => drawGraph(index) } }, text(plan.tenants[index]));
  const graphButton = (index) => el("button", { type: "button", class: "graph-button", title: "Draw what waits for what",
    on: { click: (event) => { event.preventDefault(); drawGraph(index); } } }, "Graph");

  function drawProblem([summary, detail, hint, place]) {
    return el("div", { class: "problem" }, el("b", {}, text(summary)), place ? el("span", { class: "hint" }, ` ${place}`) : "",
      el("p", {}, text(detail)), hint ? el("p", { class: "hint" }, hint) : "");
  }

  function drawRow(row, block) {
    const node = el("div", { class: `row ${row.verb}` },
      el("span", { class: "mark", title: row.verb }, MARKS[row.verb]),
      el("span", { class: "kind" }, text(row.kind)), " ", el("span", { class: "key" }, text(row.key)),
      row.short ? el("span", { class: "short" }, " · ", text(row.short)) : "",
      row.on ? el("span", { class: "why" }, ` on ${row.on.length.toLocaleString("en")} of ${block.tenants.length.toLocaleString("en")}`) : "",
      row.why ? el("span", { class: "why" }, " (", text(row.why), ")") : "",
      ...row.effects.map(([slug, words, weight]) => el("span", { class: `badge ${weight}`, title: sentence(slug) }, text(words))));
    if (row.changes) node.append(el("table", {}, ...row.changes.map(([path, before, after, flag]) => el("tr", {},
      el("td", { class: "path" }, text(path)), el("td", { class: "before" }, text(before)), el("td", { class: "arrow" }, "→"),
      el("td", { class: "after" }, text(after)), flag ? el("td", { class: "flag" }, flag) : ""))));
    if (row.fields) node.append(folded(row.fields.length === 1 ? "1 field" : `${row.fields.length} fields`, () => el("table", {}, ...row.fields.map(([path, value]) =>
      el("tr", {}, el("td", { class: "path" }, text(path)), el("td", {}, text(value)))))));
    if (row.own) node.append(folded(`${row.own.paths.slice(0, 6).join(", ")}${row.own.paths.length > 6 ? ", …" : ""}: its own on each tenant`, () => el("table", {}, ...row.own.values.map((values, at) =>
      el("tr", {}, el("td", { class: "path" }, text(plan.tenants[row.own.tenants[at]])), ...values.map((value) => el("td", {}, text(value))))))));
    if (row.jobs) node.append(el("div", { class: "short" }, text(row.jobs)));
    if (row.place) node.append(el("div", { class: "place" }, block.tenants.length > 1 ? "e.g. " : "", text(row.place)));
    return node;
  }

  function folded(label, content) {
    const node = el("details", { class: "fields" }, el("summary", {}, label));
    node.addEventListener("toggle", () => { if (node.childElementCount === 1) node.append(content()); });
    return node;
  }

  const sentences = new Map(plan.effects.map(([slug, , words]) => [slug, words]));
  const sentence = (slug) => sentences.get(slug) || "";

  // ── the graph of one tenant ─────────────────────────────────────────────────────────────────
  const SVG = "http://www.w3.org/2000/svg";
  function svg(tag, attributes, ...children) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  const WIDTH = 210, HEIGHT = 42, GAP_X = 78, GAP_Y = 16, EDGE = 12;
  const cut = (value, most) => (value.length > most ? `${value.slice(0, most - 1)}…` : value);

  // Columns by the longest way to a node, then a few sweeps that put nodes near those they wait for.
  function layout(nodes, edges) {
    const into = nodes.map(() => []), out = nodes.map(() => []);
    for (const [from, to] of edges) { into[to].push(from); out[from].push(to); }
    const depth = nodes.map(() => -1);
    const deep = (at) => {
      if (depth[at] >= 0) return depth[at];
      depth[at] = 0;
      for (const from of into[at]) depth[at] = Math.max(depth[at], deep(from) + 1);
      return depth[at];
    };
    nodes.forEach((_, at) => deep(at));
    const columns = [];
    nodes.forEach((_, at) => (columns[depth[at]] ??= []).push(at));
    const slot = nodes.map(() => 0);
    const settle = (column) => column.forEach((at, place) => { slot[at] = place - (column.length - 1) / 2; });
    columns.forEach(settle);
    const middle = (at, near) => (near[at].length ? near[at].reduce((sum, other) => sum + slot[other], 0) / near[at].length : slot[at]);
    for (let sweep = 0; sweep < 6; sweep += 1) {
      const near = sweep % 2 ? out : into;
      for (const column of sweep % 2 ? [...columns].reverse() : columns) {
        const wish = new Map(column.map((at) => [at, middle(at, near)]));
        column.sort((a, b) => wish.get(a) - wish.get(b) || a - b);
        settle(column);
      }
    }
    const tallest = Math.max(...columns.map((column) => column.length));
    return {
      x: (at) => EDGE + depth[at] * (WIDTH + GAP_X),
      y: (at) => EDGE + (slot[at] + (tallest - 1) / 2) * (HEIGHT + GAP_Y),
      width: 2 * EDGE + columns.length * (WIDTH + GAP_X) - GAP_X,
      height: 2 * EDGE + tallest * (HEIGHT + GAP_Y) - GAP_Y,
    };
  }

  function drawGraph(index) {
    const { nodes, edges } = plan.graphs[plan.graphOf[index]] || { nodes: [], edges: [] };
    byId("graph-title").textContent = plan.tenants[index];
    if (!nodes.length) {
      byId("drawing").replaceChildren("Nothing is done in this tenant.");
    } else {
      const place = layout(nodes, edges);
      byId("drawing").replaceChildren(svg("svg", { width: place.width, height: place.height, viewBox: `0 0 ${place.width} ${place.height}`, role: "img", "aria-label": "What waits for what" },
        ...edges.map(([from, to]) => arrow(place, from, to)), ...nodes.map((node, at) => box(place, node, at))));
    }
    if (!byId("graph").open) byId("graph").showModal();
  }

  function arrow(place, from, to) {
    const x1 = place.x(from) + WIDTH, y1 = place.y(from) + HEIGHT / 2, x2 = place.x(to) - 7, y2 = place.y(to) + HEIGHT / 2;
    const bend = Math.max((x2 - x1) / 2, 24);
    return svg("g", {}, svg("path", { class: "edge", d: `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}` }),
      svg("path", { class: "tip", d: `M${x2 + 7},${y2} l-8,-4 v8 z` }));
  }

  function box(place, [kind, key, verb], at) {
    const group = svg("g", { class: `node ${verb || "stays"}`, transform: `translate(${place.x(at)},${place.y(at)})` },
      svg("rect", { width: WIDTH, height: HEIGHT, rx: 8 }));
    const title = svg("title", {}); title.textContent = `${verb || "stays"}: ${kind} ${key}`;
    const label = svg("text", { x: 30, y: 18 }); label.textContent = cut(key || kind, 26);
    const sub = svg("text", { x: 30, y: 33, class: "sub" }); sub.textContent = kind;
    const sign = svg("text", { x: 11, y: 26, class: "sign" }); sign.textContent = MARKS[verb] || "";
    group.append(title, label, sub, sign);
    return group;
  }

  // ── wiring ──────────────────────────────────────────────────────────────────────────────────
  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(refresh, plan.blocks.length > 500 ? 120 : 0); };
  byId("search").addEventListener("input", (event) => { filters.text = event.target.value.trim().toLowerCase(); soon(); });
  byId("tenant").addEventListener("input", (event) => {
    filters.tenant = event.target.value.trim().toLowerCase();
    const near = plan.tenants.filter((name) => name.toLowerCase().includes(filters.tenant)).slice(0, 50);
    byId("tenants").replaceChildren(...near.map((name) => el("option", { value: name })));
    soon();
  });
  byId("clear").addEventListener("click", () => {
    filters.text = filters.tenant = "";
    filters.verbs.clear(); filters.effects.clear(); filters.whose.clear();
    byId("search").value = byId("tenant").value = "";
    document.querySelectorAll(".chip").forEach((chip) => chip.setAttribute("aria-pressed", "false"));
    refresh();
  });
  const foldAll = (isOpen) => { allOpen = isOpen; document.querySelectorAll("main > details").forEach((node) => { node.open = isOpen; }); };
  byId("unfold").addEventListener("click", () => foldAll(true));
  byId("fold").addEventListener("click", () => foldAll(false));
  byId("more").addEventListener("click", more);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); byId("search").focus(); }
    if (event.key === "Enter" && event.target.getAttribute && event.target.getAttribute("role") === "button") event.target.click();
  });
  head();
  refresh();
})();
