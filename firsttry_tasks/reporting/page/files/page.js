// Shows the tests, draws the curves, and hands out the numbers. Everything from a run is put into
// the page as text, never as markup.
(() => {
  "use strict";
  const SHOWN = 100;
  const REASONS = 60;
  const tables = JSON.parse(document.getElementById("data").textContent);
  const records = (name) => {
    const { columns, rows } = tables[name];
    return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
  };

  // What steers a terminal or turns the order of letters round is shown by its number.
  const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
  const shown = (text) =>
    text.replace(STEERS, (it) => "\\u" + it.codePointAt(0).toString(16).padStart(4, "0"));
  const duration = (seconds) => {
    if (seconds >= 60) {
      const rest = String(Math.floor(seconds % 60)).padStart(2, "0");
      return `${Math.floor(seconds / 60)} min ${rest} s`;
    }
    return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  };
  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = shown(text);
    return made;
  };
  // A text that is broken behind its separators, wherever else it would.
  const broken = (tag, className, text) => {
    const made = element(tag, className);
    for (const part of shown(text).split(/(?<=[/_.]|::)/)) made.append(part, document.createElement("wbr"));
    return made;
  };
  const number = new Intl.NumberFormat("en");

  // --- the numbers behind each section
  const cell = (value) => {
    const flat = (it) => (it !== null && typeof it === "object"
      ? Object.entries(it).map(([key, part]) => `${key}=${part}`).join(" ") : it);
    let text = Array.isArray(value) ? value.map(flat).join("; ") : value === null ? "" : String(value);
    // A spreadsheet would take it for a formula.
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const files = {
    csv: (name) => {
      const { columns, rows } = tables[name];
      return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
    },
    json: (name) => JSON.stringify(records(name), null, 1) + "\n",
  };
  for (const button of document.querySelectorAll("[data-as]")) {
    button.addEventListener("click", () => {
      const name = button.closest("[data-table]").dataset.table;
      const kind = button.dataset.as;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([files[kind](name)], { type: "text/plain" }));
      link.download = `${name}.${kind}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        // A browser that keeps the clipboard from files: the line is there to be copied by hand.
        getSelection().selectAllChildren(code);
      }
    });
  }

  // --- the list of tests
  const list = document.querySelector("#list tbody");
  if (list) {
    const tests = records("tests");
    const find = document.getElementById("find");
    const reason = document.getElementById("reason");
    const order = document.getElementById("order");
    const more = document.getElementById("more");
    const chips = [...document.querySelectorAll("[data-kind]")];
    const fits = {
      "": () => true,
      failed: (it) => it.outcome === "failed",
      skipped: (it) => it.outcome === "skipped",
      ran: (it) => it.warm === "ran",
      stood: (it) => it.warm === "stood",
      flaky: (it) => it.flaky,
    };
    const orders = {
      "": () => 0,
      seconds: (one, other) => other.seconds - one.seconds,
      name: (one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0),
    };
    const SIGNS = { failed: "\u2718", passed: "\u2714", skipped: "\u2013" };
    let kind = "";
    let found = tests;
    let drawn = 0;
    for (const it of tests) it.text = `${it.name} ${it.why}`.toLowerCase();

    const counts = new Map();
    for (const it of tests) counts.set(it.why, (counts.get(it.why) ?? 0) + 1);
    for (const [why, count] of [...counts].sort((one, other) => other[1] - one[1]).slice(0, REASONS)) {
      const option = element("option", "", `${why} (${number.format(count)})`);
      option.value = why;
      reason.append(option);
    }
    for (const chip of chips) {
      chip.querySelector("b").textContent = number.format(tests.filter(fits[chip.dataset.kind]).length);
    }

    const row = (it) => {
      const made = document.createElement("tr");
      const name = document.createElement("th");
      name.scope = "row";
      name.append(broken("bdi", "name", it.name), broken("span", "note", it.why));
      const result = document.createElement("td");
      const outcome = element("span", `outcome-${it.outcome}`);
      const sign = element("span", "", `${SIGNS[it.outcome]} `);
      sign.ariaHidden = "true";
      outcome.append(sign, it.outcome);
      const how = it.warm === "not asked" ? "" : it.warm;
      result.append(outcome, element("span", "note", [how, it.flaky ? "flaky" : ""].filter(Boolean).join(", ")));
      made.append(name, result, element("td", "number", duration(it.seconds)));
      return made;
    };
    const draw = () => {
      const next = found.slice(drawn, drawn + SHOWN);
      list.append(...next.map(row));
      drawn += next.length;
      more.hidden = drawn >= found.length;
      more.textContent = `Show ${Math.min(SHOWN, found.length - drawn)} more of ${number.format(found.length - drawn)}`;
    };
    const choose = () => {
      const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      found = tests.filter(
        (it) => fits[kind](it) && (!reason.value || it.why === reason.value) && words.every((word) => it.text.includes(word)),
      );
      if (order.value) found.sort(orders[order.value]);
      const seconds = found.reduce((sum, it) => sum + it.seconds, 0);
      document.getElementById("count").textContent =
        `${number.format(found.length)} of ${number.format(tests.length)} tests, ${duration(seconds)}`;
      list.replaceChildren();
      drawn = 0;
      draw();
    };
    const press = (wanted) => {
      kind = wanted;
      for (const chip of chips) chip.ariaPressed = String(chip.dataset.kind === wanted);
    };

    find.addEventListener("input", choose);
    reason.addEventListener("change", choose);
    order.addEventListener("change", choose);
    find.form.addEventListener("submit", (event) => event.preventDefault());
    for (const chip of chips) chip.addEventListener("click", () => { press(chip.dataset.kind); choose(); });
    more.addEventListener("click", () => {
      const first = drawn;
      draw();
      // Whoever goes by keyboard goes on where the new rows begin.
      const name = list.rows[first].querySelector("th");
      name.tabIndex = -1;
      name.focus({ preventScroll: true });
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        find.focus();
        find.scrollIntoView({ block: "center" });
      } else if (event.key === "Escape" && (find.value || kind || reason.value)) {
        find.value = reason.value = "";
        press("");
        choose();
      }
    });
    choose();
  }

  // --- the curves
  const runs = records("runs").map((it) => ({ ...it, seconds: Date.parse(it.at) / 1000 }))
    .filter((it) => !Number.isNaN(it.seconds)).sort((one, other) => one.seconds - other.seconds);
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const plots = {
    seconds: () => ({
      unit: " s",
      values: [runs.map((it) => it.full), runs.map((it) => it.warm)],
      series: [
        { label: "full", stroke: color("--grey"), width: 1.5, dash: [5, 4] },
        { label: "warm", stroke: color("--accent"), width: 1.75 },
      ],
      escapes: true,
    }),
    share: () => ({
      unit: " %",
      values: [runs.map((it) => (it.total ? (it.selected / it.total) * 100 : null))],
      series: [{ label: "of all tests", stroke: color("--accent"), width: 1.5, fill: color("--accent") + "22" }],
    }),
    flaky: () => ({
      unit: "",
      values: [runs.map((it) => it.flaky)],
      series: [{ label: "tests", stroke: color("--violet"), width: 1.5, paths: uPlot.paths.stepped({ align: 1 }) }],
    }),
  };
  const crosses = (plot) => {
    const { ctx } = plot;
    ctx.save();
    ctx.strokeStyle = color("--red");
    ctx.lineWidth = 2 * devicePixelRatio;
    const arm = 5 * devicePixelRatio;
    for (const it of runs.filter((run) => run.verdict === "escape" || run.verdict === "incomparable")) {
      const x = plot.valToPos(it.seconds, "x", true);
      const y = plot.bbox.top + arm + 2;
      ctx.beginPath();
      ctx.moveTo(x - arm, y - arm);
      ctx.lineTo(x + arm, y + arm);
      ctx.moveTo(x + arm, y - arm);
      ctx.lineTo(x - arm, y + arm);
      ctx.stroke();
    }
    ctx.restore();
  };
  // As they are written everywhere else on the page; as exact as it takes to tell two ticks apart.
  const time = (at, from, to) => new Date(at * 1000).toISOString().slice(from, to).replace("T", " ");
  const days = (_, ticks, __, ___, apart) =>
    ticks.map((it) => (apart < 60 ? time(it, 11, 19) : time(it, 5, apart < 86400 ? 16 : 10)));
  // What is counted has no halves.
  const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
  // The last run is told in numbers until another one is pointed at.
  const last = (plot) => {
    if (plot.cursor.idx == null) plot.setLegend({ idx: runs.length - 1 });
  };
  const curves = () => {
    for (const place of document.querySelectorAll(".plot")) {
      const { unit, values, series, escapes } = plots[place.dataset.plot]();
      const axis = { stroke: color("--quiet"), grid: { stroke: color("--rail"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
      const tell = (_, value) => (value == null ? "\u2013" : `${Number(value.toFixed(1))}${unit}`);
      place.replaceChildren();
      new uPlot({
        width: place.clientWidth,
        height: 200,
        // Runs of one moment have no time between them.
        scales: { x: { range: (_, low, high) => (low === high ? [low - 30, high + 30] : [low, high]) }, y: { range: (_, low, high) => [0, Math.max(high * 1.08, 1)] } },
        axes: [{ ...axis, values: days }, { ...axis, size: 56, ...(unit ? {} : { incrs: WHOLE }), values: (_, ticks) => ticks.map((it) => `${it}${unit}`) }],
        series: [{ label: "run", value: (_, at) => (at == null ? "\u2013" : time(at, 0, 16)) }, ...series.map((it) => ({ ...it, value: tell, points: { show: runs.length < 40 } }))],
        hooks: { ready: [last], setCursor: [last], ...(escapes ? { draw: [crosses] } : {}) },
        cursor: { drag: { x: false, y: false } },
      }, [runs.map((it) => it.seconds), ...values], place);
    }
  };
  if (document.querySelector(".plot")) {
    // Not before they are near: curves are drawn after what was asked for first.
    const near = new IntersectionObserver((seen) => {
      if (seen.some((it) => it.isIntersecting)) {
        near.disconnect();
        curves();
        let width = innerWidth;
        addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; curves(); } });
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", curves);
      }
    }, { rootMargin: "600px" });
    near.observe(document.getElementById("runs"));
  }
})();
