// What every view of an explorer is made of: elements in a line each, and words that count.
globalThis.opsParts = globalThis.opsParts || (() => {
  "use strict";

  const made = (element, attributes) => {
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  return {
    html(name, attributes = {}, ...children) {
      const element = made(document.createElement(name), attributes);
      element.append(...children);
      return element;
    },
    svg(name, attributes = {}, text = "") {
      const element = made(document.createElementNS("http://www.w3.org/2000/svg", name), attributes);
      element.textContent = text;
      return element;
    },
    counted: (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`,
    still: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
    // Calls `laid` when the element's width has changed, until the function that it returns is called.
    whenWide(element, laid) {
      let width = element.clientWidth;
      const watcher = new ResizeObserver(() => {
        if (element.clientWidth === width) return;
        width = element.clientWidth;
        laid();
      });
      watcher.observe(element);
      return () => watcher.disconnect();
    },
  };
})();
