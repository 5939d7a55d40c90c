// Looks at a wide picture more closely; without this it is scrolled, and its table says the same.
(function () {
  "use strict";
  var STEP = 1.25, LEAST = 0.2, MOST = 4;
  var chosen = {}; // by title, so that a picture that is drawn anew keeps its size and place
  var drag = null;

  function figureOf(target) { return target instanceof Element ? target.closest("figure[data-zooms]") : null; }

  function show(figure, scale) {
    var svg = figure.querySelector(".picture-scroll svg"), room = figure.querySelector(".picture-scroll");
    var was = svg.getBoundingClientRect().width || 1;
    var x = (room.scrollLeft + room.clientWidth / 2) / was, y = (room.scrollTop + room.clientHeight / 2) / was;
    figure.classList.add("is-zoomed");
    svg.style.width = svg.viewBox.baseVal.width * scale + "px";
    var now = svg.getBoundingClientRect().width;
    room.scrollLeft = x * now - room.clientWidth / 2;
    room.scrollTop = y * now - room.clientHeight / 2;
    chosen[figure.dataset.zooms] = { scale: scale, left: room.scrollLeft, top: room.scrollTop };
  }

  function zoom(figure, how) {
    var svg = figure.querySelector(".picture-scroll svg"), whole = svg.viewBox.baseVal.width;
    var here = svg.getBoundingClientRect().width / whole;
    var next = how === "in" ? here * STEP : here / STEP;
    if (how === "fit") { next = Math.min(1, figure.querySelector(".picture-scroll").clientWidth / whole); }
    show(figure, how === "fit" ? next : Math.max(LEAST, Math.min(next, MOST)));
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-zoom]"), figure = figureOf(event.target);
    if (button && figure) { zoom(figure, button.dataset.zoom); }
  });

  document.addEventListener("keydown", function (event) {
    var how = { "+": "in", "=": "in", "-": "out", "0": "fit" }[event.key], figure = figureOf(event.target);
    if (!how || !figure || event.ctrlKey || event.metaKey || event.altKey) { return; }
    event.preventDefault();
    zoom(figure, how);
  });

  document.addEventListener("focusin", function (event) {
    var figure = figureOf(event.target), svg = event.target.closest("svg");
    if (figure && svg) { figure.querySelector("[data-told]").textContent = event.target.getAttribute("aria-label"); }
  });

  // A finger scrolls by itself; the mouse takes hold of the picture.
  document.addEventListener("pointerdown", function (event) {
    var figure = figureOf(event.target), room = event.target.closest(".picture-scroll");
    if (!figure || !room || event.pointerType !== "mouse" || event.button !== 0) { return; }
    drag = { room: room, x: event.clientX + room.scrollLeft, y: event.clientY + room.scrollTop, moved: false };
  });
  document.addEventListener("pointermove", function (event) {
    if (!drag) { return; }
    var left = drag.x - event.clientX, top = drag.y - event.clientY;
    drag.moved = drag.moved || Math.abs(left - drag.room.scrollLeft) + Math.abs(top - drag.room.scrollTop) > 4;
    if (!drag.moved) { return; }
    drag.room.classList.add("is-dragged");
    drag.room.scrollLeft = left;
    drag.room.scrollTop = top;
  });
  document.addEventListener("pointerup", function () {
    if (drag) { drag.room.classList.remove("is-dragged"); }
    drag = null;
  });
  document.addEventListener("dragstart", function (event) { if (drag) { event.preventDefault(); } });

  document.addEventListener("htmx:afterSettle", function () {
    document.querySelectorAll("figure[data-zooms]").forEach(function (figure) {
      var kept = chosen[figure.dataset.zooms], room = figure.querySelector(".picture-scroll");
      if (!kept || figure.classList.contains("is-zoomed")) { return; }
      show(figure, kept.scale);
      room.scrollLeft = kept.left;
      room.scrollTop = kept.top;
    });
  });
})();
