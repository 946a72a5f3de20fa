/** Base64 of bytes, standard alphabet with padding. Pure. */

const CHUNK_BYTES = 8192; // fromCharCode takes its bytes as arguments, and those have a limit

/**
 * Write bytes as base64.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function toBase64(bytes) {
  let binary = "";
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(from, from + CHUNK_BYTES));
  }
  return btoa(binary);
}

/**
 * Write bytes as base64 for a URL: no padding, `-` and `_`.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function toBase64Url(bytes) {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
