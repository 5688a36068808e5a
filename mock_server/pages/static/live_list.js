// The rows. All of them are in the page, so that the browser's search finds them; those out of sight are not laid out.
import { h } from "./dom.js";

const CHUNK = 20;
const chunk = () => h("div", { role: "none" });

/** A listbox of rows, newest first. `make(item)` returns the nodes of a row; `picked` and `left` are callbacks. */
export class RowList {
  items = [];
  active = null;
  touched = new Set(); // chunks

  constructor(box, { make, picked, left }) {
    Object.assign(this, { box, make, picked, left });
    box.addEventListener("keydown", (event) => this.onKey(event));
    box.addEventListener("click", ({ target }) => this.pick(target.closest("[role=option]")?.item));
  }

  /** Insert an item by its time, shown or hidden. */
  insert(item, isShown) {
    const { items, box } = this;
    let [place, end] = [0, items.length];
    while (place < end) {
      const middle = (place + end) >> 1;
      const other = items[middle];
      if (item.at > other.at || (item.at === other.at && item.number > other.number)) end = middle;
      else place = middle + 1;
    }
    item.element = h("div", { role: "option", id: `row-${item.key}`, "aria-selected": "false", hidden: !isShown }, this.make(item));
    item.element.item = item;
    if (place < items.length) items[place].element.before(item.element);
    else (box.lastElementChild ?? box.appendChild(chunk())).append(item.element);
    items.splice(place, 0, item);
    const holder = item.element.parentNode;
    if (holder.childElementCount >= 2 * CHUNK) {
      const half = chunk();
      holder.before(half);
      half.append(...[...holder.children].slice(0, CHUNK));
      this.touch(half);
    }
    this.touch(holder);
  }

  /** Remove an item. */
  remove(item) {
    this.items.splice(this.items.lastIndexOf(item), 1);
    this.touch(item.element.parentNode);
    item.element.remove();
    delete item.element;
  }

  /** Show or hide an item. */
  toggle({ element }, isShown) {
    if (element.hidden !== isShown) return;
    element.hidden = !isShown;
    this.touch(element.parentNode);
  }

  /** Update the height of a changed chunk after the current changes. */
  touch(holder) {
    if (!this.touched.size) queueMicrotask(() => this.settle());
    this.touched.add(holder);
  }

  settle() {
    for (const each of this.touched) {
      const count = [...each.children].filter((row) => !row.hidden).length;
      each.style.containIntrinsicBlockSize = `calc(${count} * var(--row))`;
      if (!each.childElementCount) each.remove();
    }
    this.touched.clear();
  }

  /** Mark the open row. */
  mark(item) {
    this.active?.element?.setAttribute("aria-selected", "false");
    this.active = item;
    item?.element?.setAttribute("aria-selected", "true");
    this.box.setAttribute("aria-activedescendant", item?.element?.id ?? "");
  }

  pick(item) {
    if (!item) return;
    this.mark(item);
    item.element?.scrollIntoView({ block: "nearest" });
    this.picked(item);
  }

  onKey(event) {
    const shown = this.items.filter(({ element }) => !element.hidden);
    const page = Math.max(1, Math.floor(this.box.clientHeight / (this.active?.element?.offsetHeight || 32)) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (["Enter", "Escape"].includes(event.key)) this.left(event.key);
    if (!(event.key in steps) || !shown.length || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const now = shown.indexOf(this.active);
    const from = now < 0 && steps[event.key] < 0 ? shown.length : now;
    this.pick(shown[Math.min(shown.length - 1, Math.max(0, from + steps[event.key]))]);
  }
}
