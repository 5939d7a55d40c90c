// Keyboard, drawers and theme on top of pages that work without it.
(function () {
  "use strict";

  function typing(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  }

  function openDrawers() {
    return Array.from(document.querySelectorAll("details.opens-drawer[open], details.person[open], details.as-of[open]"));
  }

  function closeDrawer(details, backToSummary) {
    details.open = false;
    if (backToSummary) { details.querySelector("summary").focus(); }
  }

  // One drawer at a time; the one that opens takes the focus, so its content is the next thing read.
  document.addEventListener("toggle", function (event) {
    var details = event.target;
    if (!(details instanceof HTMLDetailsElement) || !details.open) { return; }
    if (!details.matches(".opens-drawer")) { return; }
    openDrawers().forEach(function (other) { if (other !== details) { closeDrawer(other, false); } });
    var drawer = details.querySelector(".drawer");
    if (drawer) { drawer.focus({ preventScroll: true }); }
  }, true);

  document.addEventListener("click", function (event) {
    var close = event.target.closest("[data-close-drawer]");
    if (close) { closeDrawer(close.closest("details"), true); return; }
    openDrawers().forEach(function (details) {
      if (!details.contains(event.target)) { closeDrawer(details, false); }
    });
    openRow(event);
  });

  function openRow(event) {
    var row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, label, summary, .drawer")) { return; }
    if (String(window.getSelection()) !== "") { return; }
    if (event.ctrlKey || event.metaKey) { window.open(row.dataset.href, "_blank", "noopener"); return; }
    window.location.assign(row.dataset.href);
  }

  // j and k walk the rows by the link each row begins with, so Enter opens the row as any link.
  function walkRows(step) {
    var links = Array.from(document.querySelectorAll("table[data-keys] [data-row-link]"));
    if (links.length === 0) { return; }
    var here = links.indexOf(document.activeElement);
    var next = here === -1 ? (step > 0 ? 0 : links.length - 1) : here + step;
    links[Math.max(0, Math.min(next, links.length - 1))].focus();
  }

  // A page of one item in a queue has no rows: there j and k open the item behind and the one before.
  function step(forward) {
    var link = document.querySelector(forward ? "a[data-key-next]" : "a[data-key-previous]");
    if (link) { window.location.assign(link.href); return; }
    if (!document.querySelector("a[data-key-next], a[data-key-previous]")) { walkRows(forward ? 1 : -1); }
  }

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      openDrawers().forEach(function (details) { closeDrawer(details, true); });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) { return; }
    if (event.key === "j") { step(true); }
    if (event.key === "k") { step(false); }
    if (event.key === "/") {
      var search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });

  // An answer to one form may bring another part of the page along: never over what somebody is typing there.
  document.addEventListener("htmx:oobBeforeSwap", function (event) {
    var typed = document.activeElement;
    if (typed && typing(typed) && event.detail.target.contains(typed)) { event.detail.shouldSwap = false; }
  });

  document.querySelectorAll("[data-theme-choice]").forEach(function (choice) {
    choice.checked = choice.value === window.sternaTheme.chosen();
    choice.addEventListener("change", function () { window.sternaTheme.choose(choice.value); });
  });
})();
