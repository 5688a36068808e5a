// Safe hands: what has the focus or was edited stays as it is, and edits outlive the page.

/**
 * Redraw something; what had the focus has it afterwards, with its caret, if it is still there.
 * With `takesOver` it is the very element that had it, with its old listeners.
 */
export function keepFocus(draw, takesOver = false) {
  const had = document.activeElement;
  const { id, selectionStart: start, selectionEnd: end } = had;
  draw();
  const twin = id && !had.isConnected && document.getElementById(id);
  if (!twin) return;
  let again = twin;
  if (takesOver && twin.localName === had.localName && (had.localName !== "select" || had.textContent === twin.textContent)) {
    had.value = twin.value;
    twin.replaceWith(had);
    again = had;
  }
  again.focus({ preventScroll: true });
  if (start !== null && start !== undefined && again.setSelectionRange) again.setSelectionRange(start, end);
}

/** Return what this tab keeps under a name, null for nothing. */
export function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

/** Keep a value in this tab, nothing for null; return whether there was room, without which nothing is kept. */
export function keep(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    sessionStorage.removeItem(name);
    return false;
  }
}
