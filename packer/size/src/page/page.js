"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const LABEL = 16, INSET = 2, DEEPEST = 7, LEAST_AREA = 24, FIRST_ROWS = 100;

  // ---- The tree of what is in the archive.
  const nodes = [];
  const make = (name, parent, fields) => {
    const node = { id: nodes.length, name, parent, packed: 0, unpacked: 0, files: 0, children: null, kind: -1, estimated: false, unloaded: 0, ...fields };
    nodes.push(node);
    if (parent) (parent.children ||= []).push(node);
    return node;
  };
  const root = make(data.name, null, { children: [] });
  for (const part of data.parts) {
    const version = part.version ? ` ${part.version}` : "";
    const top = make(part.name + version, root, { what: part.kind || "" });
    if (!part.files) {
      Object.assign(top, { packed: part.packed, unpacked: part.unpacked, kind: part.file_kind, files: part.count });
      continue;
    }
    const directories = new Map([["", top]]);
    const directory = (path) => {
      let found = directories.get(path);
      if (!found) {
        const at = path.lastIndexOf("/");
        found = make(path.slice(at + 1), directory(at < 0 ? "" : path.slice(0, at)), {});
        directories.set(path, found);
      }
      return found;
    };
    let own = part.packed;
    for (const [whole, kind, packed, unpacked, flags] of part.files) {
      // Nearly all files of a wheel are below this directory.
      const path = whole.replace(/^lib\/python[^/]*\/site-packages\//, "");
      const at = path.lastIndexOf("/");
      make(path.slice(at + 1), directory(at < 0 ? "" : path.slice(0, at)),
        { kind, packed, unpacked, files: flags & 4 ? 0 : 1, estimated: !!(flags & 1), unloaded: flags & 2 ? packed : 0 });
      own -= packed;
    }
    make("listing and zip headers", top, { kind: data.kinds.indexOf("archive"), packed: own });
  }
  // Children come behind their parents.
  for (let at = nodes.length - 1; at > 0; at--) {
    const node = nodes[at], up = node.parent;
    up.packed += node.packed;
    up.unloaded += node.unloaded;
    // The archive's own parts are no files.
    if (up !== root || node.children) { up.unpacked += node.unpacked; up.files += node.files; }
    up.estimated ||= node.estimated && up !== root && up.parent !== root;
  }
  // A directory that has nothing but one directory is shown together with it.
  const joined = (node) => {
    while (node.children && node.children.length === 1 && node.children[0].children && node.parent && node.parent !== root) {
      const only = node.children[0];
      node.name += "/" + only.name;
      node.children = only.children;
      for (const child of node.children) child.parent = node;
    }
    if (node.children) {
      node.children.forEach(joined);
      node.children.sort((a, b) => b.packed - a.packed || (a.name < b.name ? -1 : 1));
    }
  };
  joined(root);
  const whole = root.packed || 1;
  const chain = (node) => { const all = []; for (let at = node; at; at = at.parent) all.unshift(at); return all; };
  const place = (node) => chain(node).slice(1).map((one) => one.name).join("/");
  for (const node of nodes) if (!node.children) node.text = place(node).toLowerCase();

  // ---- Words.
  const size = (bytes) => {
    if (bytes < 1000) return `${bytes} bytes`;
    let tenths = Math.ceil(bytes / 100), unit = 0;
    while (tenths >= 10000 && unit < 3) { tenths = Math.ceil(tenths / 1000); unit++; }
    return `${Math.floor(tenths / 10)}.${tenths % 10} ${["kB", "MB", "GB", "TB"][unit]}`;
  };
  const packed = (node) => (node.estimated ? "~" : "") + size(node.packed);
  const percent = (part) => `${(100 * part / whole).toFixed(1)} %`;
  const kindOf = (node) => (node.kind >= 0 ? data.kinds[node.kind] : node === root ? "archive" : node.what || "directory");
  const sentence = (node) => {
    const files = node.children ? `, ${node.files} files` : "";
    const unloaded = node.unloaded ? (node.children ? `; the proof never loaded ~${size(node.unloaded)} of it` : "; the proof never loaded it") : "";
    return `${place(node) || node.name}: ${kindOf(node)}, ${packed(node)} packed (${percent(node.packed)}), ${size(node.unpacked)} unpacked${files}${unloaded}`;
  };
  const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

  // ---- What is shown.
  let current = root, focused = null, query = [], kinds = new Set(), onlyUnloaded = false, rowLimit = FIRST_ROWS;
  let matching = null; // node id → packed bytes of matching files below it, if anything is filtered
  const isFiltered = () => query.length || kinds.size || onlyUnloaded;
  const matches = (node) => query.every((word) => node.text.includes(word)) && (!kinds.size || kinds.has(node.kind)) && (!onlyUnloaded || node.unloaded > 0);
  const filter = () => {
    matching = isFiltered() ? new Float64Array(nodes.length).fill(-1) : null;
    if (!matching) return [];
    const found = nodes.filter((node) => !node.children && matches(node));
    for (const leaf of found) for (let at = leaf; at; at = at.parent) matching[at.id] = Math.max(0, matching[at.id]) + leaf.packed;
    return found.sort((a, b) => b.packed - a.packed);
  };

  // Squarified treemap (Bruls, Huizing, van Wijk 2000): rectangles for `items`, largest first.
  const squarify = (items, x, y, w, h) => {
    const sum = items.reduce((all, item) => all + item.packed, 0), out = [];
    if (!sum || w <= 0 || h <= 0) return out;
    const scale = w * h / sum;
    let at = 0;
    while (at < items.length) {
      const side = Math.min(w, h);
      let row = [], area = 0, worst = Infinity;
      while (at + row.length < items.length) {
        const next = items[at + row.length].packed * scale;
        if (next <= 0) break;
        const total = area + next, largest = row.length ? items[at].packed * scale : next;
        const ratio = Math.max(side * side * largest / (total * total), total * total / (side * side * next));
        if (row.length && ratio > worst) break;
        row.push(next); area = total; worst = ratio;
      }
      if (!row.length) break;
      const thick = area / side;
      let along = 0;
      row.forEach((one, n) => {
        const length = one / thick;
        out.push(w >= h ? [items[at + n], x, y + along, thick, length] : [items[at + n], x + along, y, length, thick]);
        along += length;
      });
      if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
      at += row.length;
    }
    return out;
  };

  const tile = ([node, x, y, w, h], depth, shown) => {
    if (w < 2 || h < 2) return "";
    // Things that are too small to be seen would leave holes.
    const inside = node.children && depth < DEEPEST && w > 34 && h > LABEL + 14 && (depth === 1 || w * h > LEAST_AREA * node.children.length);
    const labelled = w > 28 && h > LABEL - 2;
    const classes = ["tile"];
    if (depth === 1) { classes.push("top"); shown.push(node); }
    if (!inside && w > 76 && h > 2 * LABEL) classes.push("wrap");
    if (!node.children) classes.push(data.kinds[node.kind]);
    else if (!inside) classes.push(data.kinds[largestKind(node)]);
    if (matching && matching[node.id] < 0) classes.push("dim");
    if (data.proven && !inside && node.unloaded > node.packed / 2) classes.push("unloaded");
    const style = `left:${x.toFixed(1)}px;top:${y.toFixed(1)}px;width:${w.toFixed(1)}px;height:${h.toFixed(1)}px`;
    const role = depth === 1 ? ` role="button" tabindex="-1" aria-label="${escape(sentence(node))}"` : ' aria-hidden="true"';
    const label = labelled ? `<b>${escape(node.name)}${depth === 1 && w > 110 ? ` · ${packed(node)}` : ""}</b>` : "";
    let body = "";
    if (inside) {
      const [iw, ih] = [w - 2 - 2 * INSET, h - 2 - LABEL - INSET];
      body = squarify(node.children, INSET, LABEL, iw, ih).map((one) => tile(one, depth + 1, shown)).join("");
    }
    return `<div class="${classes.join(" ")}" data-id="${node.id}" style="${style}"${role}>${label}${body}</div>`;
  };
  const largestKind = (node) => {
    if (node.largest === undefined) {
      const sums = data.kinds.map(() => 0), todo = [node];
      while (todo.length) {
        const one = todo.pop();
        if (one.children) todo.push(...one.children); else sums[one.kind] += one.packed;
      }
      node.largest = sums.indexOf(Math.max(...sums));
    }
    return node.largest;
  };

  let shown = [];
  const drawMap = () => {
    const map = $("map"), had = map.contains(document.activeElement);
    shown = [];
    const items = current.children || [current];
    map.innerHTML = squarify(items, 0, 0, map.clientWidth, map.clientHeight).map((one) => tile(one, 1, shown)).join("");
    if (!shown.includes(focused)) focused = shown[0] || null;
    const element = focused && map.querySelector(`.top[data-id="${focused.id}"]`);
    if (element) { element.tabIndex = 0; if (had) element.focus({ preventScroll: true }); }
  };

  const drawPath = () => {
    const parts = chain(current).map((node) => node === current
      ? `<span aria-current="location">${escape(node.name)}</span>`
      : `<button type="button" data-id="${node.id}">${escape(node.name)}</button>`);
    $("path").innerHTML = parts.join('<span class="sep" aria-hidden="true">›</span>');
  };

  const drawRows = (found) => {
    const list = found || current.children || [current], some = list.slice(0, rowLimit);
    $("rows-title").textContent = found ? "Matching files" : `In ${place(current) || current.name}`;
    const row = (node) => {
      const mark = node.kind >= 0 ? `<i class="what ${data.kinds[node.kind]}"></i>` : "";
      const name = escape(node.name), up = found ? `<span class="place">${escape(place(node.parent))}</span>` : "";
      const label = node.children || found ? `${mark}<button type="button" data-id="${node.id}">${name}</button>` : mark + name;
      return `<tr><td>${label}${up}</td><td class="wide">${kindOf(node)}</td><td class="number wide">${node.children ? node.files : ""}</td>`
        + `<td class="number wide">${size(node.unpacked)}</td><td class="number">${packed(node)}</td><td class="number">${percent(node.packed)}</td></tr>`;
    };
    $("rows").tBodies[0].innerHTML = some.map(row).join("");
    const more = $("more"), left = list.length - some.length;
    more.hidden = left <= 0;
    more.textContent = `Show ${left} more`;
  };

  const drawLegend = () => {
    const used = [...new Set(nodes.filter((node) => !node.children).map((node) => node.kind))].sort();
    const chip = (kind) => `<button type="button" data-kind="${kind}" aria-pressed="${kinds.has(kind)}"><i class="${data.kinds[kind]}"></i>${data.kinds[kind]}</button>`;
    const unloaded = data.proven ? `<button type="button" data-unloaded aria-pressed="${onlyUnloaded}"><i class="unloaded"></i>never loaded by the proof</button>` : "";
    $("legend").innerHTML = used.map(chip).join("") + unloaded;
  };

  const draw = () => {
    const found = filter();
    const sum = found.reduce((all, node) => all + node.packed, 0);
    $("found").textContent = matching ? `${found.length} ${found.length === 1 ? "file matches" : "files match"}: ~${size(sum)}, ${percent(sum)}` : "";
    drawPath();
    drawMap();
    drawRows(matching ? found : null);
    document.title = current === root ? data.title : `${current.name} – ${data.title}`;
  };

  // ---- What a person does.
  const open = (node, from) => {
    const target = node.children ? node : node.parent;
    if (target === current) { $("detail").textContent = sentence(node); return; }
    focused = from || null;
    rowLimit = FIRST_ROWS;
    history.pushState(null, "", target === root ? "#" : `#${encodeURIComponent(place(target))}`);
    current = target;
    draw();
    $("detail").textContent = sentence(node);
    $("said").textContent = `Opened ${sentence(current)}`;
  };
  const go = () => {
    const wanted = decodeURIComponent(location.hash.slice(1));
    current = nodes.find((node) => node.children && node.parent && place(node) === wanted) || root;
    draw();
    $("detail").textContent = sentence(current);
  };
  const node = (event) => { const at = event.target.closest("[data-id]"); return at && nodes[at.dataset.id]; };

  $("map").addEventListener("click", (event) => { const at = node(event); if (at) open(at); });
  $("map").addEventListener("mouseover", (event) => { const at = node(event); if (at) $("detail").textContent = sentence(at); });
  $("map").addEventListener("focusin", (event) => { const at = node(event); if (at) { focused = at; $("detail").textContent = sentence(at); } });
  $("map").addEventListener("keydown", (event) => {
    const element = event.target.closest(".top");
    if (!element || event.ctrlKey || event.altKey || event.metaKey) return;
    const move = (to) => { if (!to) return; element.tabIndex = -1; to.tabIndex = 0; to.focus(); };
    const tops = [...$("map").querySelectorAll(".top")];
    const middle = (one) => { const r = one.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; };
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (ways[event.key]) {
      const [dx, dy] = ways[event.key], [x, y] = middle(element);
      const far = (one) => { const [a, b] = middle(one); const along = (a - x) * dx + (b - y) * dy; return along > 1 ? along + 2 * Math.abs((a - x) * dy + (b - y) * dx) : Infinity; };
      const best = tops.filter((one) => one !== element).reduce((least, one) => (far(one) < (least ? far(least) : Infinity) ? one : least), null);
      move(best);
    } else if (event.key === "Enter" || event.key === " ") open(nodes[element.dataset.id]);
    else if (event.key === "Escape" || event.key === "Backspace") { if (current.parent) open(current.parent, current); }
    else if (event.key === "Home") move(tops[0]);
    else if (event.key === "End") move(tops[tops.length - 1]);
    else return;
    event.preventDefault();
  });
  $("path").addEventListener("click", (event) => { const at = node(event); if (at) { open(at, current); $("rows-title").focus({ preventScroll: true }); } });
  $("rows").addEventListener("click", (event) => { const at = node(event); if (at) { open(at, at); $("rows-title").focus(); } });
  $("more").addEventListener("click", () => { rowLimit = Infinity; draw(); });
  $("search").addEventListener("input", () => { query = $("search").value.toLowerCase().split(/\s+/).filter(Boolean); rowLimit = FIRST_ROWS; draw(); });
  $("search").addEventListener("keydown", (event) => { if (event.key === "Escape") { $("search").value = ""; query = []; draw(); } });
  $("legend").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.kind === undefined) onlyUnloaded = !onlyUnloaded;
    else { const kind = Number(button.dataset.kind); if (!kinds.delete(kind)) kinds.add(kind); }
    button.setAttribute("aria-pressed", button.dataset.kind === undefined ? onlyUnloaded : kinds.has(Number(button.dataset.kind)));
    draw();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== $("search")) { event.preventDefault(); $("search").focus(); }
  });
  window.addEventListener("popstate", go);
  let area = "";
  new ResizeObserver(() => {
    const now = `${$("map").clientWidth} ${$("map").clientHeight}`;
    if (now !== area) { area = now; drawMap(); }
  }).observe($("map"));

  $("app").hidden = false;
  drawLegend();
  go();
})();
