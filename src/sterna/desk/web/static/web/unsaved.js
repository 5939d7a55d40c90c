// Asks before a page is left with what nobody saved; without this the page is left as any other.
(function () {
  "use strict";
  var SENDING = 1000; // milliseconds in which a form that was sent the plain way takes the browser along
  var sent = -SENDING;

  document.addEventListener("input", function (event) {
    var form = event.target.closest("form[data-guarded]");
    if (form) { form.dataset.unsaved = ""; }
  });

  // htmx stops the submit of what it sends itself, and the page stays.
  document.addEventListener("submit", function (event) {
    if (!event.defaultPrevented && event.target.closest("[data-guarded], [data-downloads]")) { sent = performance.now(); }
  });

  document.addEventListener("htmx:beforeOnLoad", function (event) {
    if (!event.detail.xhr.getResponseHeader("HX-Redirect")) { return; }
    var form = event.target.closest("form[data-guarded]");
    if (form) { delete form.dataset.unsaved; }
  });

  window.addEventListener("beforeunload", function (event) {
    if (performance.now() - sent < SENDING) { return; }
    if (document.querySelector("form[data-guarded][data-unsaved]")) { event.preventDefault(); }
  });
})();
