/** Which view the address names. Pure. What somebody searches for is in no address: it may name a patient. */

/** @typedef {{ view: "live" } | { view: "list" } | { view: "record", id: string }} Place */

export const LIST_HASH = "#recordings";
const RECORD = /^#recordings\/([0-9]{1,10}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** @param {string} hash @returns {Place} */
export function placeOf(hash) {
  if (hash === LIST_HASH) return { view: "list" };
  const found = RECORD.exec(hash);
  return found === null ? { view: "live" } : { view: "record", id: found[1] };
}

/** @param {number | string} id */
export const recordHash = (id) => `${LIST_HASH}/${id}`;
