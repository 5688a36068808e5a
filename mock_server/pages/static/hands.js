// Safe hands: what has the focus or was edited stays as it is, and edits outlive the page.

/** Redraw something; what had the focus has it afterwards, with its caret, if it is still there. */
export function keepFocus(draw) {
  const had = document.activeElement;
  const { id, selectionStart: start, selectionEnd: end } = had;
  draw();
  const again = id && !had.isConnected && document.getElementById(id);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (start !== null && again.setSelectionRange) again.setSelectionRange(start, end);
}

/** Return what this tab keeps under a name, null for nothing. */
export function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

/** Keep a value in this tab, nothing for null; return whether there was room. */
export function keep(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
