// Safe hands: edits outlive the page.

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
