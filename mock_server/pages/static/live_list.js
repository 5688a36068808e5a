// The rows, all of them in the page, so that the browser finds what is in any of them; those out of sight are not laid out.
import { h } from "./dom.js";

const CHUNK = 100;

/** A listbox of rows, newest first; `make(item)` gives the nodes of a row, `picked(item)` is told. */
export class RowList {
  constructor(box, { make, picked, left }) {
    Object.assign(this, { box, make, picked, left, items: [], active: null, touched: new Set() });
    box.addEventListener("keydown", (event) => this.onKey(event));
    box.addEventListener("click", ({ target }) => this.pick(target.closest("[role=option]")?.item));
  }

  /** Put an item where its time says, and show it or not. */
  insert(item, isShown) {
    const { items, box } = this;
    const isNewer = (other) => item.at > other.at || (item.at === other.at && item.number > other.number);
    let [place, end] = [0, items.length];
    while (place < end) {
      const middle = (place + end) >> 1;
      if (isNewer(items[middle])) end = middle;
      else place = middle + 1;
    }
    item.element = h("div", { role: "option", id: `row-${item.key}`, "aria-selected": "false" }, this.make(item));
    item.element.item = item;
    item.element.hidden = !isShown;
    const next = items[place]?.element;
    items.splice(place, 0, item);
    if (next) next.before(item.element);
    else (box.lastElementChild ?? box.appendChild(chunkOf())).append(item.element);
    const chunk = item.element.parentNode;
    if (chunk.childElementCount >= 2 * CHUNK) {
      const before = chunkOf();
      before.append(...[...chunk.children].slice(0, CHUNK));
      chunk.before(before);
      this.touched.add(before);
    }
    this.touched.add(chunk);
  }

  /** Take an item out. */
  remove(item) {
    const place = this.items.lastIndexOf(item);
    if (place < 0) return;
    this.items.splice(place, 1);
    this.touched.add(item.element.parentNode);
    item.element.remove();
    delete item.element;
  }

  /** Show an item or not. */
  toggle(item, isShown) {
    if (item.element.hidden !== isShown) return;
    item.element.hidden = !isShown;
    this.touched.add(item.element.parentNode);
  }

  /** Tell the browser how high the chunks are that changed; to be called after all changes of a moment. */
  settle() {
    for (const chunk of this.touched) {
      const count = [...chunk.children].filter((row) => !row.hidden).length;
      if (!chunk.childElementCount) chunk.remove();
      chunk.style.containIntrinsicBlockSize = `calc(${count} * var(--row))`;
    }
    this.touched.clear();
  }

  clear() {
    this.items = [];
    this.touched.clear();
    this.box.replaceChildren();
    this.mark(null);
  }

  /** Mark the open row. */
  mark(item) {
    this.active?.element?.setAttribute("aria-selected", "false");
    this.active = item;
    item?.element?.setAttribute("aria-selected", "true");
    if (item?.element) this.box.setAttribute("aria-activedescendant", item.element.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  pick(item) {
    if (!item) return;
    this.mark(item);
    item.element?.scrollIntoView({ block: "nearest" });
    this.picked(item);
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / (this.active?.element?.offsetHeight || 32)) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter" || event.key === "Escape") return this.left(event.key);
    const shown = this.items.filter(({ element }) => !element.hidden);
    if (!(event.key in steps) || !shown.length || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const now = shown.indexOf(this.active);
    const from = now < 0 ? (steps[event.key] > 0 ? -1 : shown.length) : now;
    this.pick(shown[Math.min(shown.length - 1, Math.max(0, from + steps[event.key]))]);
  }
}

const chunkOf = () => h("div", { class: "chunk", role: "none" });
