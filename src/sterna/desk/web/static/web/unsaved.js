// Asks before a page is left with what nobody saved; without this the page is left as any other. Forms that name the
// same matter are saved together: one way to write it by fields, say, and one as a text.
(function () {
  "use strict";
  var SENDING = 1000; // milliseconds in which a form that was sent the plain way takes the browser along
  var sent = -SENDING;

  document.addEventListener("input", function (event) {
    var form = event.target.closest("form[data-guarded]");
    if (!form) { return; }
    form.dataset.unsaved = "";
    // A form that the server draws anew tells it so.
    if (form.elements.unsaved) { form.elements.unsaved.value = "yes"; }
  });

  // htmx stops the submit of what it sends itself, and the page stays.
  document.addEventListener("submit", function (event) {
    if (!event.defaultPrevented && event.target.closest("[data-guarded], [data-downloads]")) { sent = performance.now(); }
  });

  document.addEventListener("htmx:beforeOnLoad", function (event) {
    if (!event.detail.xhr.getResponseHeader("HX-Redirect")) { return; }
    var form = event.target.closest("form[data-guarded]");
    if (!form) { return; }
    document.querySelectorAll('form[data-guarded="' + form.dataset.guarded + '"]').forEach(function (one) { delete one.dataset.unsaved; });
  });

  window.addEventListener("beforeunload", function (event) {
    if (performance.now() - sent < SENDING) { return; }
    if (document.querySelector("form[data-guarded][data-unsaved]")) { event.preventDefault(); }
  });
})();
