// Safe hands: what has the focus or was edited stays as it is, and edits outlive the page.

/**
 * Redraw something; what had the focus has it afterwards, with its caret, if it is still there.
 * With `takesOver` it is the very element that had it, with its old listeners.
 */
export function keepFocus(draw, takesOver = false) {
  const had = document.activeElement;
  const { id, selectionStart: start, selectionEnd: end } = had;
  draw();
  let again = id && !had.isConnected && document.getElementById(id);
  if (!again) return;
  if (takesOver && again.localName === had.localName && (had.localName !== "select" || had.textContent === again.textContent)) {
    had.value = again.value;
    again.replaceWith(had);
    again = had;
  }
  again.focus({ preventScroll: true });
  if (Number.isInteger(start)) again.setSelectionRange?.(start, end);
}

/** Return what this tab, or this browser, keeps under a name, null for nothing. */
export function kept(name, place = "sessionStorage") {
  try {
    return JSON.parse(window[place].getItem(name));
  } catch {
    return null;
  }
}

/** Keep a value, nothing for null; return whether there was room, without which nothing is kept. */
export function keep(name, value, place = "sessionStorage") {
  try {
    window[place].removeItem(name);
    if (value !== null) window[place].setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
