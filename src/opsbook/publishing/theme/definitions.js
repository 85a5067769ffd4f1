// What a word means, in a card beside the link to the glossary. A finger has no way to hover: there a link just leads on.
(() => {
  "use strict";

  const near = (node) => (node instanceof Element ? node.closest("a[data-definition]") : null);
  const card = Object.assign(document.createElement("div"), { id: "ops-definition", className: "ops-definition", hidden: true });
  card.setAttribute("role", "tooltip");
  const term = document.createElement("strong");
  const words = document.createElement("span");
  const face = document.createElement("div");
  face.append(term, " ", words);
  card.append(face);
  document.querySelector("main").append(card);
  let shown = null;
  let pointed;
  let timer = 0;

  const hide = () => {
    clearTimeout(timer);
    card.hidden = true;
    shown?.removeAttribute("aria-describedby");
    shown = null;
  };
  const place = (link, x) => {
    // A link that is broken over two lines has two boxes: the one under the pointer, or the first.
    const boxes = [...link.getClientRects()];
    const box = boxes.find((each) => x !== undefined && each.left <= x.left && x.left <= each.right && each.top <= x.top && x.top <= each.bottom) ?? boxes[0];
    const { clientWidth, clientHeight } = document.documentElement;
    const { width, height } = card.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, clientWidth - width - 8));
    const below = box.bottom + height <= clientHeight;
    const top = below ? box.bottom : box.top - height;
    card.style.left = `${left + scrollX}px`;
    card.style.top = `${top + scrollY}px`;
  };
  const show = (link, x) => {
    hide();
    shown = link;
    term.textContent = `${link.dataset.term}.`;
    words.textContent = link.dataset.definition;
    link.setAttribute("aria-describedby", card.id);
    card.hidden = false;
    pointed = x;
    place(link, x);
  };
  const later = (act, milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };

  // A figure that arrives late moves what stands below it.
  new ResizeObserver(() => shown && place(shown, pointed)).observe(document.body);
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const link = near(event.target);
    if (card.contains(event.target) || (link && link === shown)) clearTimeout(timer);
    else if (link) later(() => show(link, { left: event.clientX, top: event.clientY }), 150);
  });
  document.addEventListener("pointerout", (event) => {
    const to = event.relatedTarget;
    if (event.pointerType === "touch" || (to instanceof Node && card.contains(to)) || near(to)) return;
    // On its way to the card a pointer may leave both for a moment; what has the focus stays.
    if (near(event.target) || card.contains(event.target)) later(() => { if (shown !== document.activeElement) hide(); }, 250);
  });
  document.addEventListener("focusin", ({ target }) => {
    const link = near(target);
    if (link?.matches(":focus-visible")) show(link);
    else if (shown) hide();
  });
  document.addEventListener("focusout", ({ target }) => { if (target === shown) hide(); });
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape") hide(); });
})();
