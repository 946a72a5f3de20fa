/** Copy a text, or select it where the browser allows no more. Touches the DOM. */

/**
 * @param {string} text
 * @param {HTMLElement} shown where it stands
 * @returns {Promise<boolean>} false: it is selected only
 */
export async function copyText(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The browser or its owner does not allow it, or there is no clipboard outside a secure context.
    document.getSelection()?.selectAllChildren(shown);
    return false;
  }
}
