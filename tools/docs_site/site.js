"use strict";
// Search, menu, copying. No request is made: cari.js is the index, loaded as a script so that it works from file:// too.
(() => {
  const up = document.body.dataset.up, field = document.getElementById("cari"), list = document.getElementById("hasil");
  const fold = (s) => s.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const safe = (s) => s.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const entries = (window.SITE || []).map((e) => ({ ...e, ft: fold(e.t), fh: fold(e.h), fb: fold(e.b) }));
  let at = -1;

  function score(e, words) {
    let sum = 0;
    for (const w of words) {
      const start = new RegExp("(^|[^\\p{L}\\p{N}])" + w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "u");
      const own = start.test(e.fh) ? 12 : start.test(e.ft) ? (e.fh ? 5 : 14) : start.test(e.fb) ? 3 : (e.ft + e.fh + e.fb).includes(w) ? 1 : 0;
      if (!own) return 0;
      sum += own;
    }
    return sum + (e.fh === words.join(" ") || e.ft === words.join(" ") ? 20 : 0) + (document.documentElement.lang === (e.s === "panduan" || e.s === "teknisi" ? "id" : "en") ? 6 : 0);
  }
  function marked(text, words) {
    const folded = fold(text);
    if (folded.length !== text.length) return safe(text);
    const hits = [];
    for (const w of words) for (let i = folded.indexOf(w); i >= 0; i = folded.indexOf(w, i + w.length)) hits.push([i, i + w.length]);
    hits.sort((a, b) => a[0] - b[0]);
    let out = "", end = 0;
    for (const [a, b] of hits) { if (a < end) continue; out += safe(text.slice(end, a)) + "<mark>" + safe(text.slice(a, b)) + "</mark>"; end = b; }
    return out + safe(text.slice(end));
  }
  function piece(e, words) {
    const first = Math.max(0, Math.min(...words.map((w) => { const i = e.fb.indexOf(w); return i < 0 ? 1e9 : i; })));
    const from = first > 1e8 || first < 50 ? 0 : e.b.indexOf(" ", first - 50) + 1;
    return (from ? "… " : "") + e.b.slice(from, from + 150) + (e.b.length > from + 150 ? " …" : "");
  }
  function show() {
    const words = fold(field.value).split(/\s+/).filter(Boolean);
    at = -1;
    if (!words.length) { close(); return; }
    const found = entries.map((e) => [score(e, words), e]).filter((f) => f[0]).sort((a, b) => b[0] - a[0]).slice(0, 14);
    list.innerHTML = found.length ? found.map(([, e], n) => `<a role="option" id="h${n}" aria-selected="false" href="${up}/${safe(e.p)}"><b>${marked(e.h || e.t, words)}</b>${e.h ? ` <small>· ${safe(e.t)}</small>` : ""}<span>${marked(piece(e, words), words)}</span></a>`).join("")
      : `<p>${document.documentElement.lang === "id" ? "Tidak ada yang cocok. Coba kata yang lebih pendek." : "Nothing found. Try a shorter word."}</p>`;
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  }
  function close() { list.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); }
  function choose(step) {
    const links = list.querySelectorAll("a");
    if (!links.length) return;
    links.forEach((a) => a.setAttribute("aria-selected", "false"));
    at = (at + step + links.length + (at < 0 && step < 0 ? 1 : 0)) % links.length;
    links[at].setAttribute("aria-selected", "true");
    links[at].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", links[at].id);
  }
  field.addEventListener("input", show);
  field.addEventListener("focus", () => { if (field.value) show(); });
  field.addEventListener("keydown", (e) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); choose(e.key === "ArrowDown" ? 1 : -1); }
    else if (e.key === "Enter") { const links = list.querySelectorAll("a"); if (links.length) location.href = links[Math.max(0, at)].href; close(); }
    else if (e.key === "Escape") { field.value = ""; close(); }
  });
  document.addEventListener("keydown", (e) => { if (e.key === "/" && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) { e.preventDefault(); field.focus(); } });
  document.addEventListener("click", (e) => { if (!e.target.closest(".find") || e.target.closest("#hasil a")) close(); });

  const menu = document.getElementById("menu");
  menu.addEventListener("click", () => menu.setAttribute("aria-expanded", String(document.body.classList.toggle("open"))));
  const here = document.querySelector("#daftar [aria-current]");
  if (here && getComputedStyle(menu).display === "none") here.scrollIntoView({ block: "center" });

  const id = document.documentElement.lang === "id";
  if (navigator.clipboard) for (const pre of document.querySelectorAll("pre")) {
    const text = pre.innerText, button = document.createElement("button");
    button.className = "copy"; button.type = "button"; button.textContent = id ? "Salin" : "Copy";
    button.addEventListener("click", () => navigator.clipboard.writeText(text).then(() => { button.textContent = id ? "Tersalin" : "Copied"; }));
    pre.append(button);
  }
  const links = new Map([...document.querySelectorAll(".toc a")].map((a) => [a.hash.slice(1), a]));
  if (links.size) {
    const heads = [...links.keys()].map((k) => document.getElementById(decodeURIComponent(k))).filter(Boolean);
    const follow = () => {
      const now = heads.filter((h) => h.getBoundingClientRect().top < 120).pop();
      links.forEach((a) => a.classList.toggle("now", Boolean(now) && a === links.get(now.id)));
    };
    addEventListener("scroll", follow, { passive: true });
    follow();
  }
})();
