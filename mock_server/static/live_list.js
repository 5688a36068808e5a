// A list of any length: only the rows in sight are in the document.
import { fill, h } from "./dom.js";

const SPARE = 8;

/** Show `items` in a scrolling listbox; `row(item)` gives a row's content, `picked(item)` is told. */
export class LongList {
  constructor(box, sizer, { row, picked }) {
    Object.assign(this, { box, sizer, row, picked, items: [], active: null, follows: true, asked: 0 });
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
    fill(sizer, items.slice(first, last).map((item, offset) => this.option(item, first + offset)));
    const shown = this.active && sizer.querySelector("[aria-selected=true]");
    if (shown) box.setAttribute("aria-activedescendant", shown.id);
    else box.removeAttribute("aria-activedescendant");
  }

  option(item, index) {
    const element = h("div", {
      role: "option", id: `row-${item.key}`, "data-index": index, "data-tone": item.tone || null,
      "aria-selected": String(item === this.active), "aria-setsize": this.items.length, "aria-posinset": index + 1,
    }, this.row(item));
    element.style.transform = `translateY(${index * this.height}px)`;
    return element;
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
