// Without this script a click or Enter on a key opens its abstract and Escape closes it: the browser does that.
// With it, pointing at a claim does too, Tab shows the abstract in passing, and Enter goes into it.
(() => {
  "use strict";
  const OPEN_AFTER = 120, CLOSE_AFTER = 250; // milliseconds; the second is the time to get to the abstract
  if (!HTMLElement.prototype.showPopover) return;
  const wide = matchMedia("(min-width: 72rem)");
  let shown = null, button = null, pinned = false, returning = false, timer = 0;

  const sourceOf = (cite) => document.getElementById(cite.getAttribute("popovertarget"));

  // Beside the text where there is room; else above or below the claim, never over it. One that was asked for
  // has the foot of the window, and the page moves its claim out of the way.
  function place(source, claim) {
    const box = claim.querySelector(".said").getBoundingClientRect();
    source.style.top = source.style.maxHeight = "";
    source.classList.remove("above");
    if (wide.matches) {
      const lowest = innerHeight - source.offsetHeight - 16;
      source.style.top = Math.max(16, Math.min(box.top - 16, lowest)) + "px";
    } else if (pinned) {
      const hidden = box.bottom + 12 - (innerHeight - source.offsetHeight);
      if (hidden > 0) scrollBy({ top: Math.min(hidden, box.top - 8) });
    } else {
      const above = box.top - 12, below = innerHeight - box.bottom - 12;
      source.classList.toggle("above", above > below);
      source.style.maxHeight = Math.max(above, below, innerHeight * 0.3) + "px";
    }
  }

  function open(cite, pin) {
    clearTimeout(timer);
    const source = sourceOf(cite);
    if (shown !== source) {
      close();
      source.showPopover();
      shown = source;
      button = cite;
      cite.classList.add("open");
      cite.closest(".claim").classList.add("shown");
    }
    pinned = pin;
    place(source, cite.closest(".claim"));
    const quoted = source.querySelector("mark");
    source.scrollTop = quoted ? quoted.offsetTop + quoted.offsetHeight - source.clientHeight + 24 : 0;
    // In passing, Tab leads from key to key; what is inside is reached once the abstract is gone into.
    for (const inner of source.querySelectorAll("a, button")) inner.tabIndex = pin ? 0 : -1;
  }

  function close() {
    clearTimeout(timer);
    if (shown && shown.matches(":popover-open")) shown.hidePopover();
  }

  function soon(action, delay) {
    clearTimeout(timer);
    timer = setTimeout(action, delay);
  }

  // Back to the key it was opened from, which must not open it again.
  function leave() {
    const back = button, inside = shown.contains(document.activeElement);
    returning = true;
    close();
    if (inside) back.focus({ focusVisible: true, preventScroll: true });
    returning = false;
  }

  // Also when the browser closes it: a click beside it, the page's own Escape.
  document.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "closed" || event.target !== shown) return;
    button.classList.remove("open");
    button.closest(".claim").classList.remove("shown");
    shown = button = null;
    pinned = false;
  }, true);

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse" || pinned) return;
    const over = event.target;
    const said = over.closest(".said");
    const cite = over.closest(".cite") || (said && said.querySelector(".cite"));
    if (over.closest(".source")) clearTimeout(timer);
    else if (cite && sourceOf(cite) === shown) clearTimeout(timer);
    else if (cite) soon(() => open(cite, false), OPEN_AFTER);
    else if (shown) soon(close, CLOSE_AFTER);
    else clearTimeout(timer);
  });

  document.addEventListener("focusin", (event) => {
    const cite = event.target.closest(".cite");
    if (returning) return;
    if (cite && cite.matches(":focus-visible")) open(cite, false);
    else if (shown && !pinned && !shown.contains(event.target)) close();
  });

  document.addEventListener("click", (event) => {
    const cite = event.target.closest(".cite");
    if (cite) {
      event.preventDefault();
      if (pinned && sourceOf(cite) === shown) return close();
      open(cite, true);
      if (event.detail === 0) shown.focus(); // by the keyboard
      return;
    }
    if (shown && event.target.closest(".close")) {
      event.preventDefault();
      return leave();
    }
    const text = event.target.closest(".text");
    if (text && getSelection().isCollapsed) {
      const first = text.closest(".said").querySelector(".cite");
      if (first) open(first, true);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shown) return;
    event.preventDefault();
    leave();
  });

  addEventListener("resize", () => shown && place(shown, button.closest(".claim")));
})();
