// Sets the theme before the first paint, so that a page never flashes in the other one.
(function () {
  "use strict";
  var root = document.documentElement;
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  var remembered = null; // where the browser refuses storage, a choice holds for this page
  function chosen() {
    try { return remembered || localStorage.getItem("sterna-theme") || "auto"; } catch (refused) { return remembered || "auto"; }
  }
  function apply() {
    var choice = chosen();
    root.dataset.bsTheme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  }
  root.classList.add("js");
  system.addEventListener("change", apply);
  window.sternaTheme = {
    chosen: chosen,
    choose: function (choice) {
      try { localStorage.setItem("sterna-theme", choice); } catch (refused) { remembered = choice; }
      apply();
    }
  };
  apply();
})();
