// A list of any length: only the rows in sight are in the document.
import { h } from "./dom.js";

const SPARE = 8;

/**
 * Show `items` in a scrolling listbox: `make()` gives the nodes of a row and `show(nodes, item)` puts
 * an item into them, again and again, as rows out of sight are used anew; `picked(item)` is told.
 */
export class LongList {
  constructor(box, sizer, { make, show, picked }) {
    Object.assign(this, { box, sizer, make, show, picked, items: [], active: null, follows: true, asked: 0 });
    this.rows = new Map(); // index → { element, nodes }
    box.addEventListener("scroll", () => {
      this.follows = box.scrollTop + box.clientHeight >= box.scrollHeight - 8;
      this.draw();
    }, { passive: true });
    box.addEventListener("keydown", (event) => this.onKey(event));
    sizer.addEventListener("click", ({ target }) => this.pick(this.items[target.closest("[role=option]")?.dataset.index]));
    new ResizeObserver(() => this.draw()).observe(box);
  }

  get height() {
    return (this.known ??= parseFloat(getComputedStyle(this.box).getPropertyValue("--row")) || 32);
  }

  set(items) {
    this.items = items;
    this.draw();
  }

  /** Draw once, before the next frame. */
  draw() {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      this.paint();
    });
  }

  paint() {
    const { box, sizer, items, height } = this;
    sizer.style.height = `${items.length * height}px`;
    if (this.follows) box.scrollTop = box.scrollHeight;
    const first = Math.max(0, Math.floor(box.scrollTop / height) - SPARE);
    const last = Math.min(items.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + SPARE);
    const free = [];
    for (const [index, row] of this.rows) {
      if (index >= first && index < last) continue;
      this.rows.delete(index);
      free.push(row);
    }
    for (let index = first; index < last; index++) {
      const row = this.rows.get(index) ?? free.pop() ?? this.newRow();
      this.rows.set(index, row);
      this.put(row, items[index], index);
    }
    for (const { element } of free) element.remove();
    const shown = this.rows.get(items.indexOf(this.active));
    if (shown) box.setAttribute("aria-activedescendant", shown.element.id);
    else box.removeAttribute("aria-activedescendant");
  }

  newRow() {
    const nodes = this.make();
    const element = h("div", { role: "option" }, nodes);
    this.sizer.append(element);
    return { element, nodes };
  }

  put({ element, nodes }, item, index) {
    const set = (name, value) => element.getAttribute(name) === value || element.setAttribute(name, value);
    set("id", `row-${item.key}`);
    set("data-index", String(index));
    set("aria-selected", String(item === this.active));
    set("aria-setsize", String(this.items.length));
    set("aria-posinset", String(index + 1));
    const place = `${index * this.height}px`;
    if (element.style.top !== place) element.style.top = place;
    this.show(nodes, item);
  }

  pick(item) {
    if (!item) return;
    this.active = item;
    this.draw();
    this.picked(item);
  }

  onKey(event) {
    const { items, box } = this;
    const page = Math.max(1, Math.floor(box.clientHeight / this.height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !items.length) return;
    event.preventDefault();
    const now = items.indexOf(this.active);
    const from = now < 0 ? (steps[event.key] > 0 ? -1 : items.length) : now;
    const next = Math.min(items.length - 1, Math.max(0, from + steps[event.key]));
    const top = next * this.height;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + this.height > box.scrollTop + box.clientHeight) box.scrollTop = top + this.height - box.clientHeight;
    this.pick(items[next]);
  }
}
