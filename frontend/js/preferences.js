/** Remember the settings of the last recording in this browser: no name, no text, no sound. */

const KEY = "seva-arogya.choices";

/** @typedef {Pick<Storage, "getItem" | "setItem">} Store */

/**
 * Give what was remembered, by the name of the setting.
 * @param {Store} store
 * @returns {Record<string, string>}
 */
export function remembered(store) {
  try {
    const known = JSON.parse(store.getItem(KEY) ?? "{}");
    return Object.fromEntries(Object.entries(known ?? {}).filter(([, value]) => typeof value === "string"));
  } catch {
    return {}; // spoilt, or the browser keeps nothing: the page's own defaults will do
  }
}

/**
 * Remember settings by name, beside those that are remembered.
 * @param {Store} store
 * @param {Record<string, string>} choices
 */
export function remember(store, choices) {
  try {
    store.setItem(KEY, JSON.stringify({ ...remembered(store), ...choices }));
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}
