// Keep edits in the browser's storage, so that they survive leaving the page.

/** Return the value that this tab, or this browser, keeps under a name, or null. */
export function kept(name, place = "sessionStorage") {
  try {
    return JSON.parse(window[place].getItem(name));
  } catch {
    return null;
  }
}

/** Keep a value, or remove it if it is null. Return whether there was room; without room nothing is kept. */
export function keep(name, value, place = "sessionStorage") {
  try {
    window[place].removeItem(name);
    if (value !== null) window[place].setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
